//! `is_blank` and `excludes_any_spelling`: the table against Unicode's data, and compiled conditions against the reference.
//!
//! `SCOPEGATE_WRITE_SPELLINGS=1` writes the table anew; that is a change of the language, for policies that use these functions.

use std::path::Path;

use scopegate::{Engine, Policy, Request, Target, TargetKind};
use scopegate_contract::{SPELLINGS, TEXT_BYTES};
use scopegate_tests::random::seed;
use scopegate_tests::spelling::{
    Range, excludes_any_spelling, is_assigned, is_blank, kind, packed, ranges,
};
use scopegate_tests::{cases, spelling, url};

const RULES: &str = r#"
language = 1
name = "spelling"
version = "1.0.0"
summary = "What is blank, and what is excluded."
actions = ["scan"]
codes = { NO = "no" }

[[requirement]]
id = "any"
for = "scan"
must = "request.actor.id == request.actor.id"
code = "NO"
message = "-"
remedy = "-"
source = "-"

[[ready]]
state = "blank"
when = "is_blank(request.actor.id)"

[[ready]]
state = "excluded"
when = "has(request.scan) && request.scan.targets.all(t, request.scan.excluded.exists(p, excludes_any_spelling(p, t.url)))"
"#;

/// The compiled functions, and a request that asks them.
struct Compiled {
    policy: Policy,
    request: Request,
}

impl Compiled {
    fn new() -> Self {
        let engine = Engine::new().expect("an engine");
        Self {
            policy: engine.load(&cases::compile(RULES)).expect("a policy"),
            request: cases::request(&cases::bases()["scan"]).expect("a request"),
        }
    }

    /// Whether the text is blank, and whether the pattern excludes the URL.
    fn ask(&mut self, text: &str, pattern: &str, url: &str) -> (bool, bool) {
        text.clone_into(&mut self.request.actor.id);
        let scan = self.request.scan.as_mut().expect("the base scans");
        scan.excluded = vec![pattern.to_owned()];
        scan.targets = vec![Target {
            url: url.to_owned(),
            kind: TargetKind::Public,
        }];
        let decision = self.policy.evaluate(&self.request).expect("a decision");
        let holds = |state| decision.ready().any(|it| it == state);
        (holds("blank"), holds("excluded"))
    }

    /// The compiled functions and those of the SDK say what the reference says.
    fn agrees(&mut self, text: &str, pattern: &str, url: &str) {
        let by_hand = (
            scopegate_sdk::is_blank(text),
            scopegate_sdk::url::excludes_any_spelling(pattern, url),
        );
        assert_eq!(
            by_hand,
            self.ask(text, pattern, url),
            "{text:?} blank, {pattern:?} excludes {url:?}"
        );
        assert_eq!(
            self.ask(text, pattern, url),
            (is_blank(text), excludes_any_spelling(pattern, url)),
            "{text:?} blank, {pattern:?} excludes {url:?}"
        );
    }

    fn excludes(&mut self, pattern: &str, url: &str) -> bool {
        self.agrees("", pattern, url);
        self.ask("", pattern, url).1
    }
}

/// A path as a canonical URL spells it; an escape stays one.
fn path(text: &str) -> String {
    let spelled = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ if b"-._~!$&'()*+,=:@/%".contains(&byte) => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(spelled).collect()
}

fn page(text: &str) -> String {
    format!("https://shop.example{}", path(text))
}

#[test]
fn the_table_says_what_unicode_says() {
    if std::env::var_os("SCOPEGATE_WRITE_SPELLINGS").is_some() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit/spellings.bin");
        std::fs::write(file, packed()).expect("the table can be written");
    }
    let says = |table: &[Range], code: char| {
        let word = u32::from(code);
        let at = table.partition_point(|range| range.last < word);
        let range = table.get(at).filter(|range| range.first <= word);
        match range.map(|range| (range.kind, range.add, (word - range.first) % 2)) {
            None | Some((0, _, 1)) => spelling::Kind::Folds(0),
            Some((0 | 1, add, _)) => spelling::Kind::Folds(add),
            Some((2, ..)) => spelling::Kind::Blank,
            Some((3, ..)) => spelling::Kind::Doubtful,
            Some((4, ..)) => spelling::Kind::Mark,
            Some((5, ..)) => spelling::Kind::First,
            Some((6, ..)) => spelling::Kind::Second,
            Some((7, ..)) => spelling::Kind::SecondMark,
            Some(other) => panic!("{code:?} is of {other:?}"),
        }
    };
    for table in [ranges(SPELLINGS), ranges(&packed())] {
        for code in '\u{80}'..=char::MAX {
            if is_assigned(code) || is_blank(code.encode_utf8(&mut [0; 4])) {
                assert_eq!(says(&table, code), kind(code), "{code:?}");
            }
        }
        let last = table.last().expect("there are ranges");
        assert_eq!(
            (last.last, last.kind),
            (u32::MAX, 2),
            "what is no code point"
        );
    }
}

#[test]
fn every_code_point_agrees() {
    let mut compiled = Compiled::new();
    for code in ('\0'..=char::MAX).filter(|code| is_assigned(*code)) {
        let text = code.to_string();
        let escaped = path(&text);
        compiled.agrees(&text, "/q", &format!("https://shop.example/x{escaped}"));
        let other = if code.is_lowercase() {
            text.to_uppercase()
        } else {
            text.to_lowercase()
        };
        if other != text {
            compiled.agrees(
                &format!("\u{200b}{text}"),
                &format!("/{escaped}/"),
                &page(&format!("/{other}./y")),
            );
        }
    }
}

/// Pages that are excluded, each by its pattern.
const EXCLUDED: &[(&str, &str)] = &[
    ("/admin", "/admin"),
    ("/admin", "/admin/users"),
    ("/admin", "/ADMIN"),
    ("/admin", "/admin."),
    ("/admin", "/admin./users"),
    ("/admin", "/admin..."),
    ("/admin", "/admin%20."),
    ("/admin", "/admin%20"),
    ("/admin", "/admin. ."),
    ("/admin", "/admin::$DATA"),
    ("/admin", "/admin::$data/"),
    ("/admin", "/admin:x/users"),
    ("/admin", "/admin.:x/users"),
    ("/admin", "/admin:$I30:$INDEX_ALLOCATION/users"),
    ("/admin.", "/admin"),
    ("/admin. .", "/admin/x"),
    ("/admin::$DATA", "/admin"),
    ("/admin::$DATA", "/admin/users"),
    ("/admin./users", "/admin/users"),
    ("/admin/users", "/admin./Users. ./x"),
    ("/admin/users", "/admin::$INDEX_ALLOCATION/users:x"),
    ("https://shop.example/admin", "/admin."),
    ("/wiki/Talk:Main", "/wiki/talk:main."),
    ("/wiki/Talk:Main", "/wiki/Talk:Main::$DATA"),
    ("/", "/anything"),
    ("/café", "/CAFÉ"),
    ("/café", "/café./x"),
    ("/Ünal", "/ünal"),
    ("/straße", "/STRASSE"),
    ("/STRASSE", "/straße"),
    ("/straße", "/STRAẞE"),
    ("/σίσυφος", "/ΣΊΣΥΦΟΣ"),
    ("/привет", "/ПРИВЕТ/мир"),
    ("/երևան", "/ԵՐԵՒԱՆ"),
    ("/երևան", "/Երևան"),
    ("/ქართული", "/ᲥᲐᲠᲗᲣᲚᲘ"),
    ("/đà-nẵng", "/ĐÀ-NẴNG"),
    ("/admin", "/admın"),
    ("/admin", "/ADMİN"),
    ("/𐐨", "/𐐀"),
    ("/日本", "/日本/東京"),
    ("/日本", "/日本."),
    // What is not in one readable form is excluded by whatever is.
    ("/q", "/\u{212a}elvin"),
    ("/q", "/\u{17f}ale"),
    ("/q", "/cafe\u{301}"),
    ("/q", "/admin\u{20dd}"),
    ("/q", "/admin\u{483}"),
    ("/q", "/admin\u{a0}"),
    ("/q", "/\u{3000}admin"),
    ("/q", "/ad\u{200b}min"),
    ("/q", "/ad\u{ad}min"),
    ("/q", "/admin\u{2800}"),
    ("/q", "/admin\u{3164}"),
    ("/q", "/admin\u{fe0f}"),
    ("/q", "/admin\u{e0041}"),
    ("/q", "/admin\u{ffff}"),
    ("/q", "/\u{ff41}dmin"),
    ("/q", "/\u{1d41a}dmin"),
    ("/q", "/\u{fb01}le"),
    ("/q", "/\u{1112}\u{1161}\u{11ab}"),
    ("/q", "/か\u{3099}"),
    ("/q", "/\u{928}\u{93c}"),
    ("/q", "/\u{b95}\u{bc6}\u{bbe}"),
    // The marks of one letter, in another order.
    ("/q", "/ผ\u{e49}\u{e39}"),
    ("/q", "/%C3"),
    ("/q", "/a%C3%C3"),
    ("/q", "/%C0%AE"),
    ("/q", "/%E0%80%AE"),
    ("/q", "/%ED%A0%80"),
    ("/q", "/%F4%90%80%80"),
    ("/q", "/%F8%88%80%80%80"),
    ("/q", "/%FF"),
    ("/q", "/%A9"),
    ("/q", "/%E2%82x"),
    ("/q", "/.../q2"),
    ("/q", "/x/:y"),
    ("/q", "/x/%20./y"),
    // So is everything by an exclusion that is not.
    ("/cafe\u{301}", "/other"),
    ("/%FF", "/other"),
    ("/...", "/other"),
    ("/:x", "/other"),
];

/// Pages that are not excluded, whatever stands beside them.
const OTHERS: &[(&str, &str)] = &[
    ("/admin", "/administrator"),
    ("/admin", "/admi"),
    ("/admin", "/"),
    ("/admin", "/blog/admin"),
    ("/admin", "/admin.html"),
    ("/admin", "/admin%20area"),
    ("/admin", "/.admin"),
    ("/admin", "/wiki/Talk:Main"),
    ("/admin", "/wiki/a:b:c/x.y/...z/v1.0"),
    ("/admin", "/time/12:30"),
    ("/admin/users", "/admin./groups"),
    ("/admin.html", "/admin"),
    ("/wiki/Talk:Main", "/wiki/Talk:Other"),
    ("/wiki/Talk:Main", "/wiki/User:Main"),
    ("/日本", "/東京"),
    ("/日本", "/日"),
    ("/admin", "/हिन्दी/लड़का"),
    ("/admin", "/বাংলা"),
    ("/admin", "/தமிழ்/மலையாளம்"),
    ("/admin", "/മലയാളം"),
    ("/admin", "/සිංහල"),
    ("/admin", "/ಕನ್ನಡ/తెలుగు/ગુજરાતી/ਪੰਜਾਬੀ/ଓଡ଼ିଆ"),
    ("/admin", "/ภาษาไทย/ที่/ผู้/น้ำ"),
    ("/admin", "/ພາສາລາວ/ໜ້າ"),
    ("/admin", "/မြန်မာ/ភាសាខ្មែរ"),
    ("/admin", "/العربية/مُدَرِّس"),
    ("/admin", "/עברית"),
    ("/admin", "/한국어"),
    ("/admin", "/ガイド"),
    ("/admin", "/Երևան"),
    ("/admin", "/tiếng-việt"),
    ("/admin", "/ελληνικά/українська"),
    ("/admin", "/İstanbul/Ångström/łódź"),
    ("/admin", "/l’été-—-“où”"),
    ("/admin", "/😀"),
    ("/café", "/cafe"),
    ("/cafe", "/café"),
    ("https://other.example/admin", "/admin."),
    ("https://other.example/admin", "/cafe\u{301}"),
];

#[test]
fn an_exclusion_holds_for_every_spelling_of_its_page() {
    let mut compiled = Compiled::new();
    for &(pattern, url) in EXCLUDED {
        assert!(
            compiled.excludes(&path(pattern), &page(url)),
            "{pattern} excludes {url}"
        );
    }
}

#[test]
fn an_exclusion_leaves_other_pages_alone() {
    let mut compiled = Compiled::new();
    for &(pattern, url) in OTHERS {
        assert!(
            !compiled.excludes(&path(pattern), &page(url)),
            "{pattern} excludes {url}"
        );
        if pattern.starts_with('/') {
            assert!(!compiled.excludes("/q", &page(url)), "{url} is readable");
        }
    }
}

#[test]
fn what_prints_as_nothing_is_blank() {
    let mut compiled = Compiled::new();
    let blank = [
        "",
        " ",
        "\t\n",
        "\0",
        "\u{7f}",
        "\u{85}",
        "\u{a0}",
        "\u{ad}",
        "\u{34f}",
        "\u{61c}",
        "\u{115f}",
        "\u{1160}",
        "\u{17b4}",
        "\u{180e}",
        "\u{2003}",
        "\u{200b}\u{200d}",
        "\u{2028}",
        "\u{202e}",
        "\u{2060}",
        "\u{2800}",
        "\u{3000}",
        "\u{3164}",
        "\u{fe0f}",
        "\u{feff}",
        "\u{ffa0}",
        "\u{fff9}",
        "\u{fffc}",
        "\u{ffff}",
        "\u{fdd0}",
        "\u{1d173}",
        "\u{e0001}",
        "\u{e0100}",
        "\u{10ffff}",
        " \u{200b}\0\u{3164} ",
    ];
    let printed = [
        "a",
        " a ",
        "\u{200b}a",
        "0",
        "-",
        ".",
        "é",
        "\u{301}",
        "日",
        "😀",
        "\u{fffd}",
        "\u{e000}",
        "\u{2063}x",
        "ㅤ한",
    ];
    for text in blank {
        assert!(
            compiled.ask(text, "/q", "https://shop.example/").0,
            "{text:?}"
        );
        compiled.agrees(text, "/q", "https://shop.example/");
    }
    for text in printed {
        assert!(
            !compiled.ask(text, "/q", "https://shop.example/").0,
            "{text:?}"
        );
        compiled.agrees(text, "/q", "https://shop.example/");
    }
}

/// Every two bytes, and bytes at random, as escapes: UTF-8 is read as Rust reads it.
#[test]
fn all_bytes_agree() {
    let mut compiled = Compiled::new();
    for first in 0x80..=0xFF_u8 {
        for second in 0x80..=0xFF_u8 {
            compiled.agrees(
                "x",
                "/q",
                &format!("https://shop.example/%{first:02X}%{second:02X}"),
            );
        }
    }
    let mut random = fastrand::Rng::with_seed(seed(31));
    let leads = [
        0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xF8, 0xFF,
    ];
    for _ in 0..50_000 {
        let mut bytes = vec![leads[random.usize(..leads.len())]];
        for _ in 0..random.usize(1..5) {
            let is_odd = random.u8(..8) == 0;
            bytes.push(random.u8(if is_odd { 0x20..=0xFF } else { 0x80..=0xBF }));
        }
        // What is not assigned yet may be of any kind.
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        if !text.chars().all(is_assigned) {
            continue;
        }
        let escaped: String = bytes
            .iter()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(*byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            })
            .collect();
        compiled.agrees("x", "/q", &format!("https://shop.example/{escaped}"));
    }
}

/// Paths put together of what matters, and patterns that are nearly the same.
#[test]
fn random_spellings_agree() {
    const PIECES: [&str; 44] = [
        "admin", "Admin", "ADMIN", "users", "a", "b", ".", "..", " ", ". ", ":", "::$DATA", ":x",
        "é", "É", "e\u{301}", "ß", "ss", "SS", "ẞ", "σ", "ς", "Σ", "ж", "Ж", "և", "ԵՒ", "ı", "I",
        "\u{212a}", "k", "日", "本", "\u{a0}", "\u{200d}", "\u{928}", "\u{93c}", "\u{94d}",
        "\u{e39}", "\u{e49}", "%C3", "%A9", "/", "//",
    ];
    let mut compiled = Compiled::new();
    let mut random = fastrand::Rng::with_seed(seed(32));
    let mut seen = [[0_u32; 2]; 2];
    for _ in 0..100_000 {
        let spell = |random: &mut fastrand::Rng| -> Vec<&str> {
            (0..random.usize(..5))
                .map(|_| PIECES[random.usize(..PIECES.len())])
                .collect()
        };
        let excluded = spell(&mut random);
        let mut named = if random.bool() {
            spell(&mut random)
        } else {
            excluded.clone()
        };
        if random.bool() && !named.is_empty() {
            let at = random.usize(..named.len());
            named.insert(at + 1, PIECES[random.usize(..PIECES.len())]);
        }
        let (excluded, named) = (
            format!("/{}", excluded.concat()),
            format!("/{}", named.concat()),
        );
        let pattern = if random.bool() {
            path(&excluded)
        } else {
            page(&excluded)
        };
        let url = page(&named);
        compiled.agrees(&named, &pattern, &url);
        let (stricter, plain) = (
            excludes_any_spelling(&pattern, &url),
            url::excludes(&pattern, &url),
        );
        assert!(stricter || !plain, "{pattern} excludes {url}");
        seen[usize::from(stricter)][usize::from(plain)] += 1;
    }
    let [[neither, _], [stricter, both]] = seen;
    assert!(
        neither > 5_000 && stricter > 5_000 && both > 5_000,
        "{seen:?}"
    );
}

#[test]
fn the_longest_texts_agree() {
    let mut compiled = Compiled::new();
    let longest = TEXT_BYTES as usize;
    for unit in ["p", "é", "ß", "日", "😀", "\u{a0}", ".", ":x"] {
        let mut long = page("/a");
        while long.len() + path(unit).len() <= longest {
            long.push_str(&path(unit));
        }
        let blank = unit.repeat(longest / unit.len());
        compiled.agrees(&blank, "/a", &long);
        compiled.agrees(&blank, &long, &long);
        compiled.agrees("\u{3164}", &long[..long.len() - path(unit).len()], &long);
    }
}
