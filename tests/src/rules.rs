//! The text of a rule set, changed as an operator would change it: by deleting some of it.

use std::ops::Range;

/// The rule set without the requirement of this id. Nothing else is touched.
pub fn without(rules: &str, id: &str) -> String {
    let named = format!("\nid = \"{id}\"\n");
    let at = rules
        .find(&named)
        .unwrap_or_else(|| panic!("no requirement {id}"));
    let start = rules[..=at]
        .rfind("[[requirement]]\n")
        .expect("a requirement begins with its header");
    let end = rules[at..]
        .find("\n[")
        .map_or(rules.len(), |end| at + end + 1);
    delete(rules, start..end)
}

/// The text without these bytes.
pub fn delete(text: &str, span: Range<usize>) -> String {
    format!("{}{}", &text[..span.start], &text[span.end..])
}

/// What can be deleted outside of conditions: members of sets and groups, rows of tables and what they list.
pub fn parts(rules: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut section, mut start) = ("", 0);
    for line in rules.split_inclusive('\n') {
        let end = start + line.len();
        if line.starts_with('[') {
            section = line;
        }
        let keys = ["for = ", "groups = "];
        let lists = section.starts_with("[sets]")
            || section.contains(".rows]")
            || keys.iter().any(|key| line.starts_with(key));
        if section.starts_with("[tables.scope_class.rows.") && line.starts_with('"') {
            parts.push(start..end);
        } else if lists {
            parts.extend(
                elements(line)
                    .into_iter()
                    .map(|element| start + element.start..start + element.end),
            );
        }
        start = end;
    }
    parts
}

/// The texts that lists in the line hold, each with a comma that goes with it.
fn elements(line: &str) -> Vec<Range<usize>> {
    let quotes: Vec<usize> = line.match_indices('"').map(|(at, _)| at).collect();
    let (texts, _) = quotes.as_chunks();
    let spans = texts.iter().map(|&[open, close]| {
        let (before, after) = (&line[..open], &line[close + 1..]);
        if after.starts_with(", ") {
            open..close + 3
        } else if before.ends_with(", ") {
            open - 2..close + 1
        } else {
            open..close + 1
        }
    });
    spans
        .filter(|span| line[..span.start].contains('[') || line[..span.start].trim().is_empty())
        .collect()
}
