//! The `cel` crate's interpreter with the requirements of the default policy 1.0.0. Definitions are expanded in place, and tables are functions.
//!
//! It is given less to do than the component: no ready states, no fallbacks, no limits, and the request as a map made before the clock starts.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use cel::{Context, Program, Value};
use scopegate::Request;
use scopegate_compiler::RuleSet;
use scopegate_tests::url;
use serde_json::Value as Json;
use toml::{Table, Value as Toml};

/// A requirement: the actions that name it, its guard and its condition.
struct Requirement {
    actions: Vec<String>,
    given: Option<Program>,
    must: Program,
}

/// The requirements, parsed.
pub struct Interpreter {
    requirements: Vec<Requirement>,
    tables: Vec<(String, Toml)>,
}

impl Interpreter {
    /// Parses the rule set `source`.
    pub fn new(source: &str) -> Self {
        let file: Table = source.parse().expect("the rule set is TOML");
        let rules = RuleSet::check(source).expect("the rule set is right");
        let definitions = written_out(
            file["definitions"]
                .as_table()
                .expect("definitions are a table"),
        );
        let compile = |text: &Toml| {
            let text = inline(text.as_str().expect("a condition is a text"), &definitions);
            Program::compile(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
        };
        let requirements = file["requirement"]
            .as_array()
            .expect("requirements are an array")
            .iter();
        let requirements = requirements.map(|requirement| Requirement {
            actions: rules
                .actions_of(requirement["id"].as_str().expect("an id is a text"))
                .into_iter()
                .map(String::from)
                .collect(),
            given: requirement.get("given").map(compile),
            must: compile(&requirement["must"]),
        });
        let tables = file["tables"]
            .as_table()
            .expect("tables are a table")
            .iter();
        Self {
            requirements: requirements.collect(),
            tables: tables
                .map(|(name, table)| (name.clone(), table.clone()))
                .collect(),
        }
    }

    /// The request as the interpreter takes it.
    pub fn context(&self, request: &Request) -> Context<'static, 'static> {
        let mut context = Context::default();
        let json = serde_json::to_value(request).expect("a request can be written");
        context.add_variable_from_value("request", value("request", &json));
        let add = "the name is free";
        context
            .add_function("host", |url: Arc<String>| url::host(&url).to_owned())
            .expect(add);
        context
            .add_function("accepts", |pattern: Arc<String>, url: Arc<String>| {
                url::accepts(&pattern, &url)
            })
            .expect(add);
        context
            .add_function("excludes", |pattern: Arc<String>, url: Arc<String>| {
                url::excludes(&pattern, &url)
            })
            .expect(add);
        for (name, table) in &self.tables {
            let keys = table["keys"].as_array().map_or(0, Vec::len);
            let rows: HashMap<String, Value> = flat(&table["rows"], keys).into_iter().collect();
            let otherwise = table.get("otherwise").map_or(Value::Null, cell);
            let added = if keys == 1 {
                context.add_function(name, move |key: Arc<String>| {
                    rows.get(&*key).unwrap_or(&otherwise).clone()
                })
            } else {
                context.add_function(name, move |a: Arc<String>, b: Arc<String>| {
                    rows.get(&format!("{a}\n{b}")).unwrap_or(&otherwise).clone()
                })
            };
            added.expect(add);
        }
        context
    }

    /// How many requirements that name the action do not hold.
    pub fn unmet(&self, action: &str, context: &Context<'static, 'static>) -> usize {
        let holds = |program: &Program| program.execute(context) == Ok(Value::Bool(true));
        let named = self
            .requirements
            .iter()
            .filter(|r| r.actions.iter().any(|named| named == action));
        named
            .filter(|r| r.given.as_ref().is_none_or(holds) && !holds(&r.must))
            .count()
    }
}

/// Each definition with those it names written out.
fn written_out(table: &Table) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = table
        .iter()
        .map(|(name, text)| {
            (
                name.clone(),
                format!("({})", text.as_str().expect("a definition is a text")),
            )
        })
        .collect();
    // Nothing is nested deeper than there are definitions.
    for _ in 0..4 {
        let before = all.clone();
        for text in all.values_mut() {
            *text = inline(text, &before);
        }
    }
    all.retain(|_, text| !text.contains("holds("));
    all
}

/// The condition with its definitions written out: names that stand alone, outside of texts.
fn inline(condition: &str, definitions: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = condition;
    while let Some(first) = rest.chars().next() {
        let end = if first == '"' {
            rest[1..].find('"').map_or(rest.len(), |at| at + 2)
        } else if first.is_ascii_alphabetic() || first == '.' {
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'))
                .unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, more) = rest.split_at(end);
        out.push_str(definitions.get(word).map_or(word, String::as_str));
        rest = more;
    }
    out
}

fn flat(rows: &Toml, keys: usize) -> Vec<(String, Value)> {
    let rows = rows.as_table().expect("rows are a table").iter();
    if keys == 1 {
        return rows
            .map(|(name, value)| (name.clone(), cell(value)))
            .collect();
    }
    rows.flat_map(|(name, inner)| {
        flat(inner, keys - 1)
            .into_iter()
            .map(move |(key, value)| (format!("{name}\n{key}"), value))
    })
    .collect()
}

fn cell(value: &Toml) -> Value {
    match value {
        Toml::Integer(number) => (*number).into(),
        Toml::Boolean(truth) => (*truth).into(),
        Toml::Array(texts) => texts.iter().map(cell).collect::<Vec<_>>().into(),
        other => other.as_str().expect("a table holds texts").into(),
    }
}

fn value(name: &str, json: &Json) -> Value {
    match json {
        Json::Bool(truth) => (*truth).into(),
        Json::Number(number) => number.as_i64().expect("all numbers are whole").into(),
        Json::String(time) if name == "now" || name.ends_with("_at") => {
            chrono::DateTime::parse_from_rfc3339(time)
                .expect("the fact is a time")
                .into()
        }
        Json::String(text) => text.as_str().into(),
        Json::Array(all) => all
            .iter()
            .map(|json| value("", json))
            .collect::<Vec<_>>()
            .into(),
        Json::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, json)| (name.clone(), value(name, json)));
            fields.collect::<HashMap<_, _>>().into()
        }
        Json::Null => Value::Null,
    }
}
