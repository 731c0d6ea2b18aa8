//! Rule sets that are meant to be too much: each ends in a clear error or compiles, and takes no more than its size.
//!
//! Nothing is timed here. `cargo test --release -p scopegate-compiler --test hostile -- --nocapture` shows how long each takes.

use std::fmt::Write as _;
use std::time::Instant;

use scopegate_compiler::{
    COMPONENT_BYTES, Compiled, Diagnostics, REQUIREMENTS, RuleSet, SOURCE_BYTES, compile,
    compile_within,
};

const HEAD: &str = r#"language = 1
name = "hostile"
version = "1.0.0"
summary = "Too much."
actions = ["scan"]
codes = { NO = "no" }
"#;

/// Sections, and a requirement with the condition.
fn rules(sections: &str, must: &str) -> String {
    format!("{HEAD}{sections}{}", requirement("only", must))
}

fn requirement(id: &str, must: &str) -> String {
    format!(
        "[[requirement]]\nid = '{id}'\nfor = 'every'\nmust = '''{must}'''\ncode = 'NO'\nmessage = 'm'\nremedy = 'r'\nsource = 's'\n"
    )
}

/// As many requirements, each as short as can be: ten thousand fit into a mebibyte.
fn least(count: usize) -> String {
    (0..count).fold(format!("{HEAD}[definitions]\nd='has(request.scan)'\n"), |text, n| {
        text + &format!("[[requirement]]\nid='r{n}'\nfor='scan'\nmust='d'\ncode='NO'\nmessage='m'\nremedy='r'\nsource=''\n")
    })
}

/// As many lines of `line(n)` as the source has room for, or `most`.
fn fill(most: usize, line: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for n in 0..most {
        let line = line(n);
        if text.len() + line.len() > SOURCE_BYTES - 2_000 {
            break;
        }
        text += &line;
    }
    text
}

/// Compiles, and says how long it took, rendering included.
fn run(name: &str, source: &str) -> Result<Compiled, Diagnostics> {
    assert!(
        source.len() <= SOURCE_BYTES + 1,
        "{name} is {} bytes",
        source.len()
    );
    let begun = Instant::now();
    let result = compile(source);
    let compiled = begun.elapsed();
    match &result {
        Ok(out) => {
            let begun = Instant::now();
            let _ = RuleSet::check(source);
            println!(
                "{name}: {} bytes to {} in {compiled:?}, the check alone in {:?}",
                source.len(),
                out.component.len(),
                begun.elapsed()
            );
        }
        Err(errors) => {
            let begun = Instant::now();
            let rendered = errors.render(source, "policy.toml", false).len();
            println!(
                "{name}: {} bytes to {} errors in {compiled:?}, {rendered} bytes of text in {:?}",
                source.len(),
                errors.list.len(),
                begun.elapsed()
            );
            assert!(errors.has_errors(), "{name}: an error says why");
            assert!(
                errors.list.len() <= 400,
                "{name}: {} findings are noise",
                errors.list.len()
            );
        }
    }
    result
}

/// The first error says so.
fn refused(name: &str, source: &str, says: &str) {
    let errors = run(name, source)
        .err()
        .unwrap_or_else(|| panic!("{name} compiles"));
    assert!(
        errors.list.iter().any(|error| error.message.contains(says)),
        "{name} does not say {says:?}, but: {:.300}",
        errors.list[0].message
    );
}

fn compiles(name: &str, source: &str) -> Compiled {
    run(name, source).unwrap_or_else(|errors| {
        panic!(
            "{name}: {:.3000}",
            errors.render(source, "policy.toml", false)
        )
    })
}

#[test]
fn a_source_of_a_mebibyte_is_read_and_one_byte_more_is_not() {
    let mut source = rules("", "request.actor.id != ''");
    source += "#";
    source += &" ".repeat(SOURCE_BYTES - source.len());
    compiles("1 MiB", &source);
    refused(
        "1 MiB and a byte",
        &(source + "\n"),
        "the rule set has 1048577 bytes, more than 1048576",
    );
}

#[test]
fn there_are_at_most_10000_requirements() {
    refused(
        "10,001 requirements",
        &least(REQUIREMENTS + 1),
        "10001 requirements, more than 10000",
    );
}

#[test]
fn toml_nested_without_end_is_refused() {
    for (name, open, close) in [("arrays", "[", "]"), ("inline tables", "{a=", "}")] {
        for depth in [100, 10_000, 100_000] {
            let source = format!("{HEAD}x = {}1{}\n", open.repeat(depth), close.repeat(depth));
            assert!(run(&format!("{depth} {name}"), &source).is_err());
            let source = format!("{HEAD}x = {}", open.repeat(depth));
            assert!(run(&format!("{depth} open {name}"), &source).is_err());
            let set = format!(
                "{HEAD}[sets]\nx = {}'scan'{}\n",
                "[".repeat(depth),
                "]".repeat(depth)
            );
            assert!(run(&format!("a set of {depth} {name}"), &set).is_err());
        }
    }
    for (name, source) in [
        (
            "a long dotted key",
            format!("{HEAD}a{} = 1\n", ".a".repeat(400_000)),
        ),
        (
            "a long dotted header",
            format!("{HEAD}[a{}]\n", ".a".repeat(400_000)),
        ),
        (
            "a long dotted table",
            format!("{HEAD}tables{} = 1\n", ".a".repeat(400_000)),
        ),
        (
            "deep rows",
            rules(
                &format!(
                    "[tables.t]\nkeys = ['text']\nrows{} = 1\n",
                    ".a".repeat(400_000)
                ),
                "true",
            ),
        ),
    ] {
        assert!(run(name, &source).is_err());
    }
}

#[test]
fn long_names_and_texts_are_not_repeated_without_end() {
    let long = "x".repeat(500_000);
    let longer = "y".repeat(500_000);
    for (name, source) in [
        ("a long name", format!("{HEAD}name{long} = 1\n")),
        (
            "a long set",
            rules(&format!("[sets]\n{long} = '{longer}'\n"), "true"),
        ),
        (
            "a long code",
            rules("", "true").replace("code = 'NO'", &format!("code = '{long}'")),
        ),
        ("a long condition", rules("", &long)),
        (
            "a long action",
            rules("", "true").replace("for = 'every'", &format!("for = '{long}'")),
        ),
        ("a long version", rules("", "true").replace("1.0.0", &long)),
        (
            "a long group",
            rules("", "true") + &format!("groups = ['{long}']\n"),
        ),
    ] {
        let errors = run(name, &source).expect_err(name);
        let longest = errors
            .list
            .iter()
            .map(|e| e.message.len() + e.remedy.len())
            .max();
        assert!(
            longest < Some(1_000),
            "{name}: a message of {longest:?} bytes"
        );
    }
}

#[test]
fn conditions_are_bounded_before_they_are_parsed() {
    let deep =
        |open: &str, close: &str, n: usize| format!("{}true{}", open.repeat(n), close.repeat(n));
    for (name, condition, says) in [
        (
            "brackets",
            deep("(", ")", 10_000),
            "nested more than 64 deep",
        ),
        ("lists", deep("[", "]", 10_000), "nested more than 64 deep"),
        ("maps", deep("{1:", "}", 8_000), "nested more than 64 deep"),
        ("not", deep("!", "", 20_000), "nested more than 64 deep"),
        ("minus", deep("-", "", 20_000), "chains more than 256"),
        (
            "choices",
            format!("{}true", "true ? true : ".repeat(2_000)),
            "nested more than 64 deep",
        ),
        (
            "choices in conditions",
            format!("{}true", "true ? ".repeat(3_000)),
            "nested more than 64 deep",
        ),
        (
            "and",
            format!("true{}", "&&true".repeat(5_000)),
            "chains more than 256",
        ),
        (
            "in",
            format!("true{}", " in true".repeat(4_000)),
            "chains more than 256",
        ),
        (
            "selections",
            format!("request{}", ".a".repeat(10_000)),
            "chains more than 256",
        ),
        (
            "calls",
            format!("request{}", ".a()".repeat(7_000)),
            "chains more than 256",
        ),
        (
            "indices",
            format!("request{}", "[0]".repeat(10_000)),
            "chains more than 256",
        ),
        (
            "equal",
            format!("true{}", "==true".repeat(5_000)),
            "chains more than 256",
        ),
        (
            "long",
            format!("'{}' == ''", "x".repeat(32 * 1_024)),
            "bytes, more than 32768",
        ),
        (
            "open operators",
            format!(
                "{}true{}",
                format!("(true{} && ", "&&true".repeat(250)).repeat(12),
                ")".repeat(12)
            ),
            "more than 1024 operators are open",
        ),
    ] {
        refused(name, &rules("", &condition), says);
    }
}

/// Each at the bound: it compiles, and what walks over it has stack enough.
#[test]
fn conditions_at_the_bounds_compile() {
    let ors = |n: usize| {
        format!(
            "request.actor.id == 'a'{}",
            " || request.actor.id == 'b'".repeat(n)
        )
    };
    for (name, condition) in [
        (
            "brackets",
            format!("{}request.actor.id != ''{}", "(".repeat(64), ")".repeat(64)),
        ),
        ("chain", ors(63)),
        (
            "nested chains",
            format!(
                "{}request.actor.id != ''{}",
                "(true == (".repeat(30),
                ") == true == true == true)".repeat(30)
            ),
        ),
        (
            "a list of many",
            format!(
                "request.actor.id in [{}'x']",
                (0..4_000).fold(String::new(), |list, n| list + &format!("'{n}',"))
            ),
        ),
    ] {
        compiles(name, &rules("", &condition));
    }
}

/// Deep conditions in deep definitions: the depths add up, wherever the compiler starts.
#[test]
fn definitions_that_use_one_another_are_bounded() {
    let deep = |name: usize| {
        format!(
            "{}d{name}{}",
            "(".repeat(60),
            " == t == t == t == t == t == t == t == t == t)".repeat(60)
        )
    };
    for forwards in [true, false] {
        let order: Vec<usize> = if forwards {
            (0..63).collect()
        } else {
            (0..63).rev().collect()
        };
        let definitions = order.iter().fold(
            String::from("[definitions]\nt = 'true'\nd63 = 'has(request.scan)'\n"),
            |mut text, n| {
                writeln!(text, "d{n} = '''{}'''", deep(n + 1)).expect("text");
                text
            },
        );
        let result = run(
            &format!("deep definitions, forwards {forwards}"),
            &rules(&definitions, "d0"),
        );
        if let Err(errors) = result {
            assert!(
                errors
                    .list
                    .iter()
                    .any(|e| e.message.contains("deep") || e.message.contains("large"))
            );
        }
    }
    let chain = fill(10_000, |n| format!("d{n} = 'd{}'\n", n + 1));
    refused(
        "a chain of definitions",
        &rules(&format!("[definitions]\n{chain}"), "d0"),
        "more than 64 deep",
    );
    let chain = fill(100_000, |n| format!("d{n} = 'd{}'\n", n + 1));
    refused(
        "100,000 definitions",
        &rules(&format!("[definitions]\n{chain}"), "d0"),
        "definitions, more than 10000",
    );
    let doubling = fill(60, |n| format!("d{} = 'd{n} && d{n}'\n", n + 1));
    refused(
        "doubling",
        &rules(
            &format!("[definitions]\nd0 = 'has(request.scan)'\n{doubling}"),
            "d60",
        ),
        "too large",
    );
    let doubling = fill(60, |n| format!("d{} = 'true ? d{n} : d{n}'\n", n + 1));
    refused(
        "doubling records",
        &rules(
            &format!("[definitions]\nd0 = 'request.actor'\n{doubling}"),
            "d60.id == ''",
        ),
        "too large",
    );
    let sets = fill(9_000, |n| format!("s{n} = ['s{}']\n", n + 1));
    refused(
        "a chain of sets",
        &rules(&format!("[sets]\n{sets}s9000 = 'scan'\n"), "true"),
        "made of",
    );
}

#[test]
fn macros_within_macros_are_bounded() {
    let facts = format!("[{}]", vec!["request.actor.id"; 32].join(","));
    let nested = (0..6).fold(String::from("true"), |body, n| {
        format!("{facts}.all(x{n}, {body})")
    });
    refused(
        "lists of facts within one another",
        &rules("", &nested),
        "elements",
    );
    let loops = (0..60).fold(String::from("request.actor.id != ''"), |body, n| {
        format!("['a', 'b'].all(x{n}, {body})")
    });
    let _ = run("loops within one another", &rules("", &loops));
}

#[test]
fn much_that_is_wrong_ends_soon() {
    let definitions = format!(
        "[definitions]\n{}",
        fill(10_000, |n| format!("name_of_a_definition_{n} = 'true'\n"))
    );
    let unknown = fill(20, |n| {
        format!(
            "{} || ",
            (0..800).fold(String::new(), |t, m| t + &format!("nome{n}{m} || "))
        )
    });
    refused(
        "unknown names",
        &rules(
            &definitions,
            unknown
                .get(..30_000)
                .unwrap_or(&unknown)
                .trim_end_matches([' ', '|', 'n', 'o', 'm', 'e']),
        ),
        "",
    );
    let conditions = fill(3_000, |n| {
        requirement(
            &format!("r{n}"),
            &format!("nom{n} || nam{n} || name_of_a_definition_x{n}"),
        )
    });
    let half = definitions[..definitions.len() / 2]
        .rsplit_once('\n')
        .expect("lines")
        .0;
    refused(
        "unknown names everywhere",
        &format!("{HEAD}{half}\n{conditions}"),
        "nothing is named",
    );
    let groups = fill(2_000, |n| {
        requirement(&format!("r{n}"), "true") + &format!("groups = ['g{n}a', 'g{n}b']\n")
    });
    refused(
        "groups nobody asks for",
        &format!("{HEAD}{groups}"),
        "no condition asks for the group",
    );
    let asked = fill(3_000, |n| {
        requirement(
            &format!("requirement{n}"),
            &format!("holds('requirements{n}') && holds('nobody{n}')"),
        )
    });
    assert!(run("groups that nobody is in", &format!("{HEAD}{asked}")).is_err());
    let keys = fill(100_000, |n| format!("key{n} = 1\n"));
    refused("unknown keys", &format!("{HEAD}{keys}"), "has no key");
    let codes = fill(6_000, |n| {
        requirement(&format!("r{n}"), "true").replace("'NO'", &format!("'NO{n}'"))
    });
    refused("unknown codes", &format!("{HEAD}{codes}"), "unknown code");
    refused(
        "broken TOML",
        &format!("{HEAD}{}", "=\n".repeat(400_000)),
        "not TOML",
    );
    refused(
        "quotes",
        &format!("{HEAD}{}", "\"\n".repeat(400_000)),
        "not TOML",
    );
}

#[test]
fn much_that_is_right_compiles() {
    let table = format!(
        "[tables.t]\nkeys = ['text']\notherwise = ''\n[tables.t.rows]\n{}",
        fill(30_000, |n| format!("k{n} = 'v{n}'\n"))
    );
    let asks = (0..500).fold(String::from("t(request.actor.id) == 'v1'"), |text, n| {
        if n % 200 == 199 {
            format!("({text}) || t(request.actor.id) == 'v{n}'")
        } else {
            text
        }
    });
    compiles("a table of 30,000 rows", &rules(&table, &asks));
    let many = fill(1_500, |n| {
        requirement(
            &format!("r{n}"),
            &format!(
                "t(request.actor.id) in ['v{n}', 'v2', 'v3'] || t(request.actor.account) != 'v{n}'"
            ),
        )
    });
    let table = format!(
        "[tables.t]\nkeys = ['text']\notherwise = ''\n[tables.t.rows]\n{}",
        fill(20_000, |n| format!("k{n} = 'v{n}'\n"))
    );
    compiles(
        "a table looked up 3,000 times",
        &format!("{HEAD}{table}{many}"),
    );
    let definitions = format!(
        "[definitions]\n{}",
        fill(9_999, |n| format!(
            "d{n} = 'request.actor.id == \"a{n}\"'\n"
        ))
    );
    compiles("10,000 definitions", &rules(&definitions, "true"));
    let definitions = format!(
        "[definitions]\n{}",
        fill(9_999, |n| format!("d{n} = '[\"a\"].all(x,x==\"b\")'\n"))
    );
    compiles("10,000 definitions alike", &rules(&definitions, "true"));
    let list = fill(150_000, |n| format!("'{n:x}',"));
    let list = format!("[tables.t]\nkeys = ['text']\notherwise = []\nrows = {{ a = [{list}] }}\n");
    compiles(
        "a list of 100,000 texts",
        &rules(&list, "'a' in t(request.actor.id)"),
    );
    let patterns = (0..32).fold(String::from("[definitions]\n"), |mut text, d| {
        let each: Vec<String> = (0..8)
            .map(|n| format!("request.actor.id.matches('^[a-z]{{2,9}}-{d}-{n}[0-9]*$')"))
            .collect();
        writeln!(text, "d{d} = \"{}\"", each.join(" || ")).expect("text");
        text
    });
    compiles("256 patterns", &rules(&patterns, "true"));
    let definitions = "[definitions]\nd = 'request.actor.id == \"a\"'\n";
    let uses = fill(50, |n| {
        requirement(
            &format!("r{n}"),
            &format!("({})", vec!["d"; 250].join("||")),
        )
    });
    compiles(
        "a definition used everywhere",
        &format!("{HEAD}{definitions}{uses}"),
    );
}

/// Conditions as large as they may be, as many as there is room for.
#[test]
fn a_mebibyte_of_large_conditions_compiles() {
    let side = "(request.actor.id == 'a' || request.tenancy.account == 'b' && request.actor.account != 'c')";
    let block = format!("({})", vec![side; 16].join(" && "));
    let condition = vec![block; 20].join(" || ");
    assert!(condition.len() <= 32 * 1_024);
    let many = fill(100, |n| requirement(&format!("r{n}"), &condition));
    compiles("large conditions", &format!("{HEAD}{many}"));
}

/// Requirements of the usual size, a thousand of them and ten thousand of the least size.
#[test]
fn many_requirements_compile() {
    let usual = |n: usize| {
        format!(
            "[[requirement]]\nid = 'project-{n}-is-not-closed'\nfor = 'scan'\ngiven = 'has(request.access)'\nmust = 'request.tenancy.project != \"closed-{n}\" && request.access.provider in [\"github\", \"gitlab\"]'\ncode = 'NO'\nmessage = 'The project {n} is closed.'\nremedy = 'Open it again.'\nsource = 'Projects, step {n}'\n"
        )
    };
    compiles(
        "1,000 requirements",
        &format!("{HEAD}{}", fill(1_000, usual)),
    );
    let source = least(REQUIREMENTS);
    assert_eq!(source.matches("[[requirement]]").count(), REQUIREMENTS);
    compiles("10,000 requirements", &source);
}

/// What walks over deep conditions outside of the compiler's own thread has stack enough, too.
#[test]
fn deep_conditions_can_be_dropped_clause_by_clause() {
    let deep = format!(
        "{}request.actor.id != ''{}",
        "(has(request.scan) && ".repeat(60),
        " && true == has(request.task) && true)".repeat(60)
    );
    let source = rules("", &deep);
    let rules = RuleSet::check(&source)
        .unwrap_or_else(|e| panic!("{}", e.render(&source, "policy.toml", false)));
    let mutants = rules.mutants();
    assert!(mutants.len() > 100);
    // Deep as it is, each change is made or refused.
    let _ = rules.component_of(&mutants[mutants.len() / 2]);
}

/// Requirements that ask for the action in a long condition, and ready states that ask for all of them as for each action: the conditions are
/// written once for each action.
fn multiplied(actions: usize, requirements: usize) -> String {
    let names: Vec<_> = (0..actions).map(|n| format!("'a{n}'")).collect();
    let mut text = HEAD.replace(
        "actions = [\"scan\"]",
        &format!("actions = [{}]", names.join(", ")),
    );
    for n in 0..requirements {
        let facts = ["account", "project", "client_workspace"].map(|fact| {
            format!("request.tenancy.{fact} != request.action && request.tenancy.{fact} != 'x{n}'")
        });
        let must = facts.join(" && ");
        text += &format!(
            "[[requirement]]\nid='r{n}'\ngroups=['all']\nfor='every'\nmust=\"\"\"{must}\"\"\"\ncode='NO'\nmessage='m'\nremedy='r'\nsource=''\n"
        );
    }
    for n in 0..actions {
        text += &format!("[[ready]]\nstate='s{n}'\nwhen=\"holds('all', 'a{n}')\"\n");
    }
    text
}

#[test]
fn a_component_that_would_be_too_large_is_not_written_to_its_end() {
    let large = multiplied(900, 380);
    for (name, result, most) in [
        (
            "within its length",
            compile_within(&large, 100_000),
            100_000,
        ),
        (
            "within the default",
            run("multiplied", &large),
            COMPONENT_BYTES,
        ),
    ] {
        let error = result.expect_err(name).list.remove(0);
        assert_eq!(
            error.message,
            format!("the component of this rule set would have more than {most} bytes")
        );
    }
    let set = RuleSet::check(&large).expect("there is nothing else wrong");
    set.component().expect_err("it is as large");
    // One that fits is what it is without a bound.
    let small = multiplied(2, 2);
    let component = compile(&small).expect("it fits").component;
    let within = compile_within(&small, component.len()).expect("it fits");
    assert_eq!(within.component, component);
    compile_within(&small, 500).expect_err("a module has more bytes");
}
