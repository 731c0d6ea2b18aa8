//! The rule set around the conditions: actions, declared attributes, tables of every kind.

use std::fmt::Write;

use super::contract::{CONTRACT, Type};
use super::table::{Cell, Table};

/// The actions that the rule set knows; requests name others, too.
pub const ACTIONS: [&str; 12] = [
    "scan",
    "retest",
    "share_report",
    "export_ticket",
    "request_access",
    "connect_provider",
    "inspect_provider",
    "draft_patch",
    "open_pull_request",
    "apply_change",
    "revoke_access",
    "never_asked",
];

/// A declared attribute.
pub(super) struct Declared {
    pub(super) name: &'static str,
    pub(super) of: &'static str,
}

impl Declared {
    pub(super) fn ty(&self) -> Type {
        match self.of {
            "text" => Type::Text,
            "number" => Type::Int,
            "truth" => Type::Bool,
            _ => Type::List(Box::new(Type::Text)),
        }
    }
}

/// Two of the types, so that one cannot be taken for the other.
pub(super) const ATTRIBUTES: [Declared; 6] = [
    Declared {
        name: "cost_center",
        of: "text",
    },
    Declared {
        name: "budget",
        of: "number",
    },
    Declared {
        name: "urgent",
        of: "truth",
    },
    Declared {
        name: "labels",
        of: "texts",
    },
    Declared {
        name: "note",
        of: "text",
    },
    Declared {
        name: "spent",
        of: "number",
    },
];

/// What every generated rule set holds besides its conditions.
pub struct World {
    /// The tables.
    pub tables: Vec<Table>,
}

impl World {
    /// The world.
    pub fn new() -> Self {
        Self { tables: tables() }
    }

    /// The beginning of a rule set.
    pub fn toml(&self) -> String {
        let mut out = format!(
            "language = 1\nname = \"oracle\"\nversion = \"0.0.1\"\nsummary = \"Random conditions.\"\nactions = {ACTIONS:?}\n[codes]\nUNMET = \"unmet\"\n"
        );
        for attribute in &ATTRIBUTES {
            writeln!(
                out,
                "[attributes.{}]\ntype = {:?}\nsummary = \"A custom fact.\"",
                attribute.name, attribute.of
            )
            .expect("a string can be written to");
        }
        for table in &self.tables {
            out.push_str(&table.toml());
        }
        out.push_str(&super::definitions::toml());
        out
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

#[expect(clippy::too_many_lines, reason = "data")]
fn tables() -> Vec<Table> {
    let one = |key: &'static str, cell| (vec![key], cell);
    let by_case = |name: &str, cell: fn(usize) -> Cell| {
        let cases = CONTRACT.cases(name).into_iter().enumerate();
        cases
            .map(|(index, case)| (vec![&*case.leak()], cell(index)))
            .collect()
    };
    vec![
        Table {
            name: "rank",
            keys: &["access_mode"],
            rows: by_case("access_mode", |i| {
                Cell::Int([0, 1, 2, 3, 4, 4, 4, 4, 4, 5][i])
            }),
            otherwise: None,
        },
        Table {
            name: "word",
            keys: &["role"],
            rows: by_case("role", |i| {
                Cell::Text(["owner", "admin", "", "github", "fix-42"][i])
            }),
            otherwise: None,
        },
        Table {
            name: "peer",
            keys: &["role"],
            rows: by_case("role", |i| {
                Cell::Text(["admin", "owner", "", "viewer", "agency"][i])
            }),
            otherwise: None,
        },
        Table {
            name: "mode_of",
            keys: &["text"],
            rows: vec![
                one("github", Cell::Text("connected_repository")),
                one("wordpress", Cell::Text("connected_cms")),
                one("jira", Cell::Text("ticket_only")),
                one("gitlab", Cell::Text("read_only")),
                one("", Cell::Text("customer_applied")),
            ],
            otherwise: Some(Cell::Text("")),
        },
        Table {
            name: "class",
            keys: &["text", "text"],
            rows: vec![
                (vec!["github", "contents:read"], Cell::Text("read")),
                (vec!["github", "contents:write"], Cell::Text("write")),
                (vec!["github", "metadata:read"], Cell::Text("read")),
                (vec!["shopify", "read_themes"], Cell::Text("read")),
                (vec!["shopify", "write_themes"], Cell::Text("")),
                (vec!["é", "日本"], Cell::Text("é")),
                (vec!["", ""], Cell::Text("nothing")),
            ],
            otherwise: Some(Cell::Text("unknown")),
        },
        Table {
            name: "known",
            keys: &["text"],
            rows: [
                "user-17", "acct-1", "agency-9", "proj-1", "github", "é", "日本", "", "fix-42",
                "client-a", "scan",
            ]
            .map(|key| one(key, Cell::Bool(true)))
            .to_vec(),
            otherwise: Some(Cell::Bool(false)),
        },
        Table {
            name: "fits",
            keys: &["resource_kind", "text"],
            rows: vec![
                (vec!["repository_branch", "github"], Cell::Bool(true)),
                (vec!["repository_branch", "gitlab"], Cell::Bool(true)),
                (vec!["site", "wordpress"], Cell::Bool(true)),
                (vec!["site", "shopify"], Cell::Bool(false)),
                (vec!["endpoint", ""], Cell::Bool(true)),
            ],
            otherwise: Some(Cell::Bool(false)),
        },
        Table {
            name: "providers",
            keys: &["text"],
            rows: vec![
                one("scan", Cell::Texts(&["github", "jira", "wordpress"])),
                one("export_ticket", Cell::Texts(&["jira", "webhook", ""])),
                one("user-17", Cell::Texts(&["shop.example", "other.example"])),
                one("acct-1", Cell::Texts(&["contents:read", "contents:write"])),
                one("", Cell::Texts(&[""])),
            ],
            otherwise: Some(Cell::Texts(&[])),
        },
        Table {
            name: "weight",
            keys: &["text"],
            rows: [
                ("github", 3),
                ("gitlab", 2),
                ("jira", i64::MIN),
                ("shopify", i64::MAX),
                ("fix-42", 42),
                ("é", -1),
                ("acct-1", 1),
            ]
            .map(|(key, weight)| one(key, Cell::Int(weight)))
            .to_vec(),
            otherwise: Some(Cell::Int(0)),
        },
        Table {
            name: "cost",
            keys: &["task_kind", "text", "role"],
            rows: vec![
                (vec!["fix", "github", "owner"], Cell::Int(10)),
                (vec!["fix", "github", "admin"], Cell::Int(9)),
                (vec!["fix", "", "owner"], Cell::Int(1)),
                (vec!["retest", "jira", "agency"], Cell::Int(-5)),
            ],
            otherwise: Some(Cell::Int(7)),
        },
    ]
}
