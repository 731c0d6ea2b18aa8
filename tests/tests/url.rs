//! The reference of the URL functions, held against the specification sentence by sentence.

use scopegate_tests::url::{accepts, excludes, host};

/// URLs, and whether they are canonical. Every canonical one here is of the host `a.example`.
const CANONICAL: &[(&str, bool)] = &[
    // An absent path, the root, a path, a last empty segment.
    ("https://a.example", true),
    ("http://a.example/", true),
    ("https://a.example/b/c", true),
    ("https://a.example/b/c/", true),
    // Scheme.
    ("HTTPS://a.example/", false),
    ("ftp://a.example/", false),
    ("https:/a.example/", false),
    ("https//a.example/", false),
    ("//a.example/", false),
    ("a.example", false),
    ("", false),
    ("https://", false),
    ("https:///b", false),
    (" https://a.example/", false),
    // User info.
    ("https://user@a.example/", false),
    ("https://user:1@a.example/", false),
    // Port.
    ("https://a.example:1/", true),
    ("https://a.example:65535", true),
    ("https://a.example:80/", true),
    ("http://a.example:443/", true),
    ("https://a.example:8443?q", true),
    ("https://a.example:443/", false),
    ("http://a.example:80/", false),
    ("https://a.example:0/", false),
    ("https://a.example:65536/", false),
    ("https://a.example:08443/", false),
    ("https://a.example:/", false),
    ("https://a.example:+1/", false),
    ("https://a.example:1:2/", false),
    ("https://a.example:8a/", false),
    ("https://a.example:99999999999999999999/", false),
    // Query: free, perhaps empty.
    ("https://a.example/?", true),
    ("https://a.example?", true),
    ("https://a.example/b?c=%zz/../?;<>\"[]^`{|}", true),
    ("https://a.example/b?c d", false),
    // Fragment, backslash, bytes outside 0x21 to 0x7E.
    ("https://a.example/#b", false),
    ("https://a.example/?b#c", false),
    ("https://a.example/b#", false),
    ("https://a.example\\b", false),
    ("https://a.example/b\\c", false),
    ("https://a.example/?b\\c", false),
    ("https://a.example/b c", false),
    ("https://a.example/b\tc", false),
    ("https://a.example/b\u{7f}", false),
    ("https://a.example/?\u{7f}", false),
    ("https://a.example/\0", false),
    ("https://a.example/?\u{e9}", false),
    ("https://a.example/b\n", false),
    // Path: plain bytes.
    ("https://a.example/AZaz09-._~!$&'()*+,=:@", true),
    ("https://a.example/...", true),
    ("https://a.example/.b/..c/d.", true),
    ("https://a.example/b;c", false),
    ("https://a.example/b\"", false),
    ("https://a.example/b<", false),
    ("https://a.example/b[", false),
    ("https://a.example/b^", false),
    ("https://a.example/b`", false),
    ("https://a.example/b{", false),
    ("https://a.example/b|", false),
    ("https://a.example/b}", false),
    // Path: empty segments and dot segments.
    ("https://a.example//", false),
    ("https://a.example//b", false),
    ("https://a.example/b//", false),
    ("https://a.example/b//c", false),
    ("https://a.example/.", false),
    ("https://a.example/..", false),
    ("https://a.example/./b", false),
    ("https://a.example/../b", false),
    ("https://a.example/b/.", false),
    ("https://a.example/b/..", false),
    ("https://a.example/b/../", false),
    // Escapes: upper case, and only where needed.
    ("https://a.example/%C3%A9", true),
    ("https://a.example/%FF", true),
    ("https://a.example/%80", true),
    ("https://a.example/b%20c", true),
    ("https://a.example/%20b", true),
    (
        "https://a.example/%22%23%3C%3E%3F%5B%5D%5E%60%7B%7C%7D",
        true,
    ),
    ("https://a.example/%c3", false),
    ("https://a.example/%C", false),
    ("https://a.example/%", false),
    ("https://a.example/%%20b", false),
    ("https://a.example/%G0", false),
    ("https://a.example/%0G", false),
    ("https://a.example/%41", false),
    ("https://a.example/%7E", false),
    ("https://a.example/%2E", false),
    ("https://a.example/%2E%2E/b", false),
    ("https://a.example/%3A", false),
    ("https://a.example/%40", false),
    ("https://a.example/%2A", false),
    ("https://a.example/%00", false),
    ("https://a.example/%1F", false),
    ("https://a.example/%7F", false),
    ("https://a.example/%25", false),
    ("https://a.example/%2520", false),
    ("https://a.example/%2F", false),
    ("https://a.example/%5C", false),
    ("https://a.example/%3B", false),
    // No segment ends in %20.
    ("https://a.example/b%20", false),
    ("https://a.example/b%20/c", false),
    ("https://a.example/%20", false),
    ("https://a.example/%20/", false),
    ("https://a.example/%20%20b", true),
    ("https://a.example/b%20?c", false),
    ("https://a.example/b?c%20", true),
];

/// Hosts that no canonical URL has.
const NO_HOSTS: &[&str] = &[
    "",
    "example",
    "localhost",
    ".",
    "a.",
    ".example",
    "a..example",
    "a.example.",
    "A.example",
    "a.Example",
    "a_b.example",
    "127.0.0.1",
    "1.2",
    "a.1",
    "a.1b",
    "a.-b",
    "[::1]",
    "0x7f.1",
    "a.ex%61mple",
    "a.exämple",
    "a example.com",
];

/// Hosts as odd as the specification allows.
const HOSTS: &[&str] = &[
    "a.b",
    "1.2.3.a",
    "-.b",
    "a-.-b.c",
    "xn--e1afmkfd.xn--p1ai",
    "a.b1",
    "a.b-",
    "0.0.z",
];

#[test]
fn a_canonical_url_is_written_in_one_way_only() {
    for &(url, canonical) in CANONICAL {
        assert_eq!(
            host(url),
            if canonical { "a.example" } else { "" },
            "{url:?}"
        );
        assert_eq!(
            accepts(url, url),
            canonical && !url.contains(['?', '*']),
            "{url:?} as a pattern"
        );
        assert_eq!(
            excludes("https://b.example/", url),
            !canonical,
            "{url:?} fails shut"
        );
    }
}

#[test]
fn a_host_is_two_or_more_labels() {
    for name in NO_HOSTS {
        assert_eq!(host(&format!("https://{name}/")), "", "{name:?}");
    }
    for name in HOSTS {
        assert_eq!(host(&format!("https://{name}/")), *name);
        assert_eq!(host(&format!("http://{name}:8080?")), *name);
    }
}

#[test]
fn a_canonical_url_has_at_most_8192_bytes() {
    let url = |bytes: usize| {
        format!(
            "https://a.example/{}",
            "b".repeat(bytes - "https://a.example/".len())
        )
    };
    assert_eq!(host(&url(8192)), "a.example");
    assert_eq!(host(&url(8193)), "");
    assert!(accepts(&url(8192), &url(8192)));
    assert!(!accepts("https://a.example/", &url(8193)));
    assert!(excludes("/c", &url(8193)));
}

#[test]
fn an_accepted_pattern_takes_in_what_is_at_or_below_it() {
    let table: &[(&str, &str, bool)] = &[
        ("https://a.example", "https://a.example/", true),
        ("https://a.example", "https://a.example", true),
        ("https://a.example/", "https://a.example", true),
        ("https://a.example/", "https://a.example/b/c?d", true),
        ("https://a.example/b", "https://a.example/b", true),
        ("https://a.example/b", "https://a.example/b?c", true),
        ("https://a.example/b", "https://a.example/b/", true),
        ("https://a.example/b", "https://a.example/b/c", true),
        ("https://a.example/b", "https://a.example/bc", false),
        ("https://a.example/b", "https://a.example/", false),
        ("https://a.example/b", "https://a.example/B", false),
        ("https://a.example/b/", "https://a.example/b/c", true),
        ("https://a.example/b/", "https://a.example/b/", true),
        ("https://a.example/b/", "https://a.example/b", false),
        ("https://a.example/b/", "https://a.example/bc/", false),
        // Scheme, host and port are the same.
        ("http://a.example/", "https://a.example/", false),
        ("https://b.example/", "https://a.example/", false),
        ("https://example.com/", "https://a.example.com/", false),
        ("https://a.example:8443/", "https://a.example:8443/b", true),
        ("https://a.example/", "https://a.example:8443/b", false),
        ("https://a.example:8443/", "https://a.example/b", false),
        ("https://a.example:8443/", "https://a.example:844/b", false),
        // A pattern with a query or an asterisk cannot be read; a path is no URL; neither is what is not canonical.
        ("https://a.example/?", "https://a.example/?", false),
        ("https://a.example?", "https://a.example", false),
        ("https://a.example/b?c", "https://a.example/b?c", false),
        ("https://a.example/*", "https://a.example/*", false),
        ("https://a.example/*", "https://a.example/b", false),
        ("https://a.example/", "https://a.example/*", true),
        ("/", "https://a.example/", false),
        ("/b", "/b", false),
        ("", "", false),
        ("", "https://a.example/", false),
        ("https://a.example/b%20", "https://a.example/b%20", false),
        ("https://a.example/", "https://a.example/../b", false),
        ("https://A.example/", "https://a.example/", false),
    ];
    for &(pattern, url, expected) in table {
        assert_eq!(
            accepts(pattern, url),
            expected,
            "{pattern:?} accepts {url:?}"
        );
    }
}

#[test]
fn an_exclusion_fails_shut() {
    let table: &[(&str, &str, bool)] = &[
        // What cannot be read excludes everything.
        ("", "https://a.example/", true),
        ("b", "https://a.example/", true),
        ("a.example", "https://a.example/", true),
        ("//a.example/", "https://b.example/", true),
        ("/b//c", "https://a.example/", true),
        ("/..", "https://a.example/", true),
        ("/b?", "https://a.example/", true),
        ("/*", "https://a.example/", true),
        ("/b*", "https://a.example/", true),
        ("/b;c", "https://a.example/", true),
        ("/b c", "https://a.example/", true),
        ("/b%20", "https://a.example/", true),
        ("/b#", "https://a.example/", true),
        ("/\u{e9}", "https://a.example/", true),
        ("/%c3", "https://a.example/", true),
        ("https://b.example/?", "https://a.example/", true),
        ("https://b.example/*", "https://a.example/", true),
        ("https://b.example/b//", "https://a.example/", true),
        ("https://localhost/", "https://a.example/", true),
        ("ftp://b.example/", "https://a.example/", true),
        // A path pattern stands for every host.
        ("/b", "https://a.example/b", true),
        ("/b", "http://c.example:8080/b?d", true),
        ("/b", "https://a.example/b/", true),
        ("/b", "https://a.example/b/c", true),
        ("/b", "https://a.example/bc", false),
        ("/b", "https://a.example/c/b", false),
        ("/b", "https://a.example/", false),
        ("/b", "https://a.example", false),
        ("/b/c", "https://a.example/b", false),
        // One trailing slash of the pattern does not count.
        ("/b/", "https://a.example/b", true),
        ("/b/", "https://a.example/b/", true),
        ("/b/", "https://a.example/b/c", true),
        ("/b/", "https://a.example/bc", false),
        ("/", "https://a.example", true),
        ("/", "https://a.example/b", true),
        ("https://a.example", "https://a.example/b", true),
        ("https://a.example/b/", "https://a.example/b", true),
        // Nor do the case of ASCII letters, the scheme and the port.
        ("/Account", "https://a.example/aCCOUNT/Orders", true),
        ("/%C3%A9", "https://a.example/%C3%A9", true),
        ("/%C3%A9", "https://a.example/%C3%89", false),
        ("/@", "https://a.example/%60", false),
        ("https://a.example/b", "http://a.example/B", true),
        ("https://a.example:8443/b", "https://a.example/b/c", true),
        ("http://a.example:8443/b", "https://a.example:9443/b", true),
        ("https://b.example/", "https://a.example/", false),
        ("https://example.com/", "https://a.example.com/", false),
        ("https://b.example/b", "https://a.example/b", false),
    ];
    for &(pattern, url, expected) in table {
        assert_eq!(
            excludes(pattern, url),
            expected,
            "{pattern:?} excludes {url:?}"
        );
    }
}
