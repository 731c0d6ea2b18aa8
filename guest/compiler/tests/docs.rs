//! The examples of `docs/language.md`: each compiles, or fails as the page says.
//!
//! A ```` ```toml ```` block is a rule set, or a part of one that is put into a frame. One marked `wrong` is followed
//! by what the compiler says. In a table headed `condition`, the first column compiles; in one headed `wrong`, the
//! second column is part of what the compiler says about the first.

use scopegate_compiler::{Diagnostics, compile};

const PAGE: &str = include_str!("../../../docs/language.md");

/// What a part of a rule set is put behind.
const FRAME: &str = r#"
language = 1
name = "frame"
version = "0.1.0"
summary = "What the examples stand in."
actions = [
  "scan", "retest", "request_access", "connect_provider", "draft_patch", "open_pull_request", "index_repository",
  "apply_change", "revoke_access", "prepare_ticket",
]
codes = { CUSTOMER_RESPONSIBILITY_REQUIRED = "responsibility_blocked" }
"#;

/// A requirement around a condition.
fn requirement(condition: &str) -> String {
    format!(
        r#"
[attributes.cost_center]
type = "text"
summary = "Who pays."
[attributes.budget]
type = "number"
summary = "What may be spent."

[[requirement]]
id = "example"
for = "every"
must = '''{condition}'''
code = "CUSTOMER_RESPONSIBILITY_REQUIRED"
message = "It does not hold."
remedy = "Make it hold."
source = "docs/language.md"
"#
    )
}

/// What an example may take for granted, where it is not about that.
const GIVEN: &str = "given = '''has(request.scan) && has(request.approved_scope) \
    && has(request.responsibility.authorized_for) && has(request.attributes.budget)'''\nmust =";

/// The page's code blocks: how each is marked, and its text.
fn blocks() -> Vec<(&'static str, String)> {
    let mut blocks = Vec::new();
    let mut lines = PAGE.lines();
    while let Some(line) = lines.next() {
        if let Some(mark) = line.strip_prefix("```") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((mark, text.join("\n") + "\n"));
        }
    }
    blocks
}

/// The rows of the tables with that first heading: their cells, without the code's quotes.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut inside = false;
    for line in PAGE.lines() {
        let cells = cells(line);
        if cells.is_empty() {
            inside = false;
        } else if cells[0] == heading {
            inside = true;
        } else if inside && !cells[0].starts_with("---") {
            rows.push(cells);
        }
    }
    rows
}

fn cells(line: &str) -> Vec<String> {
    let Some(row) = line.strip_prefix('|').and_then(|row| row.strip_suffix('|')) else {
        return Vec::new();
    };
    let bar = "\u{0}";
    let row = row.replace("\\|", bar);
    row.split('|')
        .map(|cell| cell.trim().replace(bar, "|"))
        .collect()
}

fn code(cell: &str) -> &str {
    let inner = cell
        .strip_prefix('`')
        .and_then(|cell| cell.strip_suffix('`'));
    inner.unwrap_or_else(|| panic!("`{cell}` is not one piece of code"))
}

fn errors(source: &str) -> Option<Diagnostics> {
    compile(source).err()
}

#[test]
fn the_rule_sets_compile() {
    let mut count = 0;
    for (mark, text) in blocks() {
        if mark != "toml" {
            continue;
        }
        let whole = text.starts_with("language =");
        let source = if whole {
            text
        } else {
            FRAME.to_string() + &text
        };
        let errors =
            errors(&source).map(|errors| errors.render(&source, "docs/language.md", false));
        assert!(errors.is_none(), "{}\n{source}", errors.unwrap_or_default());
        count += 1;
    }
    assert!(count >= 9, "only {count} blocks were found");
}

#[test]
fn wrong_rule_sets_are_refused_in_the_words_of_the_page() {
    let blocks = blocks();
    let mut count = 0;
    for pair in blocks.windows(2) {
        let [(mark, source), (next, said)] = pair else {
            continue;
        };
        if *mark == "toml wrong" {
            assert_eq!(*next, "text", "what the compiler says follows");
            let errors = errors(source).expect("it is wrong");
            assert_eq!(&errors.render(source, "policy.toml", false), said);
            count += 1;
        }
    }
    assert!(count > 0, "no block was found");
}

#[test]
fn the_conditions_compile() {
    let rows = rows("condition");
    assert!(rows.len() > 30, "only {} conditions were found", rows.len());
    for row in rows {
        let condition = code(&row[0]);
        let source = FRAME.to_string() + &requirement(condition).replace("must =", GIVEN);
        if let Some(errors) = errors(&source) {
            panic!(
                "{condition}\n{}",
                errors.render(&source, "docs/language.md", false)
            );
        }
    }
}

#[test]
fn wrong_conditions_are_refused_in_the_words_of_the_page() {
    let rows = rows("wrong");
    assert!(rows.len() > 20, "only {} conditions were found", rows.len());
    for row in rows {
        let (condition, said) = (code(&row[0]), &row[1]);
        let bare = FRAME.to_string() + &requirement(condition);
        // What is wrong must be that alone: where it is not about absence, nothing is absent.
        let given = bare.replace("must =", GIVEN);
        let absence = said.contains("absent");
        let errors = errors(if absence { &bare } else { &given }).expect(condition);
        let first = errors.list.first().expect("there is an error");
        assert!(
            first.message.contains(said.as_str()),
            "{condition}: {}",
            first.message
        );
    }
}

/// Every name that a rule set may use as a key is on the page.
#[test]
fn the_page_names_every_function() {
    for name in [
        "has",
        "size",
        "all",
        "exists",
        "exists_one",
        "startsWith",
        "endsWith",
        "contains",
        "matches",
        "timestamp",
        "duration",
        "host",
        "accepts",
        "excludes",
        "holds",
    ] {
        let called = [format!("{name}("), format!("`{name}`")];
        assert!(
            called.iter().any(|form| PAGE.contains(form)),
            "`{name}` is not explained"
        );
    }
}
