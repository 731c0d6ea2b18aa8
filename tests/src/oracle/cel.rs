//! The oracle: the `cel` crate, with the request as a map, tables and URL functions as functions.

use std::collections::HashMap;
use std::sync::Arc;

use cel::{Context, Program, Value};
use scopegate::Request;
use serde_json::Value as Json;

use super::contract::{CONTRACT, Type};
use super::table::{Cell, Table};
use super::world::World;
use crate::{spelling, url};

/// A request that conditions can be asked of.
pub struct Oracle {
    context: Context<'static, 'static>,
}

/// A condition as the oracle reads it.
pub struct Question {
    program: Program,
}

impl Question {
    /// Reads the condition.
    pub fn new(condition: &str) -> Self {
        Self {
            program: Program::compile(condition)
                .unwrap_or_else(|error| panic!("{condition}: {error}")),
        }
    }
}

impl Oracle {
    /// The request as the oracle sees it.
    pub fn new(world: &World, request: &Request) -> Self {
        let json = serde_json::to_value(request).expect("a request can be written");
        let mut facts = fields("request", &json);
        facts.insert(
            "attributes".into(),
            plain(
                json.get("attributes")
                    .unwrap_or(&Json::Object(serde_json::Map::new())),
            ),
        );
        let mut context = Context::default();
        context.add_variable_from_value("request", facts);
        let add = "no function of CEL has this name";
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
        context
            .add_function("is_blank", |text: Arc<String>| spelling::is_blank(&text))
            .expect(add);
        context
            .add_function(
                "excludes_any_spelling",
                |pattern: Arc<String>, url: Arc<String>| {
                    spelling::excludes_any_spelling(&pattern, &url)
                },
            )
            .expect(add);
        for table in &world.tables {
            add_table(&mut context, table.clone());
        }
        Self { context }
    }

    /// What the condition is of the request.
    ///
    /// # Errors
    ///
    /// The oracle's words why it is neither true nor false.
    pub fn answer(&self, question: &Question) -> Result<bool, String> {
        match question.program.execute(&self.context) {
            Ok(Value::Bool(answer)) => Ok(answer),
            Ok(other) => Err(format!("the condition is {other:?}")),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn add_table(context: &mut Context<'static, 'static>, table: Table) {
    type Key = Arc<String>;
    let name = table.name;
    let added = match table.keys.len() {
        1 => context.add_function(name, move |a: Key| of_cell(table.look_up(&[&a]))),
        2 => context.add_function(name, move |a: Key, b: Key| {
            of_cell(table.look_up(&[&a, &b]))
        }),
        _ => context.add_function(name, move |a: Key, b: Key, c: Key| {
            of_cell(table.look_up(&[&a, &b, &c]))
        }),
    };
    added.expect("no function of CEL has this name");
}

fn of_cell(cell: &Cell) -> Value {
    match cell {
        Cell::Text(text) => (*text).into(),
        Cell::Int(number) => (*number).into(),
        Cell::Bool(truth) => (*truth).into(),
        Cell::Texts(texts) => texts.to_vec().into(),
    }
}

/// A record's fields; absent ones are left out, as in its JSON.
fn fields(record: &str, json: &Json) -> HashMap<String, Value> {
    let given = CONTRACT.fields(record).into_iter().filter_map(|field| {
        let json = json.get(&field.name).filter(|json| !json.is_null())?;
        Some((field.name, value(&field.ty, json)))
    });
    given.collect()
}

fn value(ty: &Type, json: &Json) -> Value {
    match (ty, json) {
        (Type::Record(name), json) => fields(name, json).into(),
        (Type::List(element), Json::Array(elements)) => elements
            .iter()
            .map(|json| value(element, json))
            .collect::<Vec<_>>()
            .into(),
        (Type::Time, Json::String(time)) => chrono::DateTime::parse_from_rfc3339(time)
            .expect("a fact is a time")
            .into(),
        (_, json) => plain(json),
    }
}

fn plain(json: &Json) -> Value {
    match json {
        Json::Bool(truth) => (*truth).into(),
        Json::Number(number) => number.as_i64().expect("all numbers are whole").into(),
        Json::String(text) => text.as_str().into(),
        Json::Array(elements) => elements.iter().map(plain).collect::<Vec<_>>().into(),
        Json::Object(fields) => fields
            .iter()
            .map(|(name, json)| (name.clone(), plain(json)))
            .collect::<HashMap<_, _>>()
            .into(),
        Json::Null => panic!("what is absent is left out"),
    }
}
