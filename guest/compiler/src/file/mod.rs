//! A rule set as it is written: the TOML file, its conditions still text, every part with its place.
//!
//! What this stage accepts has the right shape; whether names exist and types fit is decided later.

mod base;
mod reader;
mod text;

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Diagnostics};
pub use base::{Base, Change};
use reader::{Item, Reader, kind};
pub(crate) use text::{Places, Text};

/// The most bytes of a rule set.
pub const SOURCE_BYTES: usize = 1 << 20;
/// The most requirements of a rule set; also the most ready states, definitions, sets, codes and tables.
pub const REQUIREMENTS: usize = 10_000;
/// The most actions of a rule set.
pub const ACTIONS: usize = 1_000;
/// The most attributes of a rule set: a request has no more.
const ATTRIBUTES: usize = scopegate_contract::LIST as usize;
/// The version of the rule language.
pub const LANGUAGE: i64 = 1;

pub(crate) struct RuleFile {
    pub(crate) name: Text,
    pub(crate) version: Text,
    pub(crate) summary: Text,
    pub(crate) actions: Vec<Text>,
    pub(crate) sets: Vec<(Text, SetExpr)>,
    pub(crate) codes: Vec<(Text, Text)>,
    pub(crate) attributes: Vec<AttributeDecl>,
    pub(crate) tables: Vec<TableDecl>,
    pub(crate) definitions: Vec<(Text, Text)>,
    pub(crate) requirements: Vec<RequirementDecl>,
    pub(crate) ready: Vec<ReadyDecl>,
    pub(crate) fallbacks: Option<FallbacksDecl>,
    /// What it extends.
    pub(crate) base: Option<Base>,
}

/// A set of actions as written in `[sets]` or `for`.
pub(crate) enum SetExpr {
    Name(Text),
    Union(Vec<SetExpr>, Range<usize>),
    Of {
        of: Box<SetExpr>,
        except: Option<Box<SetExpr>>,
        when: Option<Text>,
        span: Range<usize>,
    },
}

impl SetExpr {
    pub(crate) fn span(&self) -> Range<usize> {
        match self {
            Self::Name(name) => name.span.clone(),
            Self::Union(_, span) | Self::Of { span, .. } => span.clone(),
        }
    }
}

pub(crate) struct AttributeDecl {
    pub(crate) name: Text,
    pub(crate) ty: Text,
    pub(crate) summary: Text,
}

pub(crate) struct TableDecl {
    pub(crate) name: Text,
    pub(crate) keys: Vec<Text>,
    pub(crate) otherwise: Option<Value>,
    pub(crate) rows: Value,
}

/// A value in a table: a result, or rows of a further key.
pub(crate) enum Value {
    Text(Text),
    Int(i64, Range<usize>),
    Bool(bool, Range<usize>),
    Texts(Vec<Text>, Range<usize>),
    Rows(Vec<(Text, Value)>, Range<usize>),
}

impl Value {
    pub(crate) fn span(&self) -> Range<usize> {
        match self {
            Self::Text(text) => text.span.clone(),
            Self::Int(_, span)
            | Self::Bool(_, span)
            | Self::Texts(_, span)
            | Self::Rows(_, span) => span.clone(),
        }
    }
}

pub(crate) struct RequirementDecl {
    pub(crate) id: Text,
    pub(crate) actions: SetExpr,
    pub(crate) given: Option<Text>,
    pub(crate) must: Text,
    pub(crate) code: Text,
    pub(crate) state: Option<Text>,
    pub(crate) message: Text,
    pub(crate) remedy: Text,
    pub(crate) source: Text,
    pub(crate) groups: Vec<Text>,
}

pub(crate) struct ReadyDecl {
    pub(crate) state: Text,
    pub(crate) when: Text,
}

pub(crate) struct FallbacksDecl {
    pub(crate) actions: SetExpr,
    pub(crate) when: Option<Text>,
    pub(crate) modes: Vec<(Text, Text)>,
}

/// Reads the file, or says everything that keeps it from being one.
pub(crate) fn read(source: &str, out: &mut Diagnostics) -> Option<RuleFile> {
    if source.len() > SOURCE_BYTES {
        out.push(Diagnostic::error(
            0..0,
            format!(
                "the rule set has {} bytes, more than {SOURCE_BYTES}",
                source.len()
            ),
            "split the rules into several policies",
        ));
        return None;
    }
    let (document, errors) = DeTable::parse_recoverable(source);
    for error in &errors {
        out.push(Diagnostic::error(
            error.span().unwrap_or(0..0),
            format!("this is not TOML: {}", error.message().trim_end()),
            "mend the syntax; https://toml.io shows it",
        ));
    }
    if !errors.is_empty() {
        return None;
    }
    let mut file = Reader::new("the rule set", document.get_ref(), 0..0, out);
    language(&mut file);
    let read = rule_file(&mut file);
    file.finish();
    read.filter(|_| !out.has_errors())
}

/// What the rule set says that it extends, if it does.
pub fn base_of(source: &str) -> Option<Base> {
    read(source, &mut Diagnostics::default())?.base
}

fn language(file: &mut Reader<'_, '_, '_>) {
    let Some(item) = file.required("language", "write `language = 1`") else {
        return;
    };
    let span = item.span.clone();
    if file
        .integer(&item)
        .is_some_and(|version| version != LANGUAGE)
    {
        file.out.push(Diagnostic::error(
            span,
            "this compiler reads version 1 of the rule language",
            "write `language = 1`",
        ));
    }
}

fn rule_file(file: &mut Reader<'_, '_, '_>) -> Option<RuleFile> {
    let name = file.text("name", "name the policy, such as `name = \"acme\"`");
    let version = file.text(
        "version",
        "give it a semantic version, such as `version = \"0.1.0\"`",
    );
    let summary = file.text("summary", "say in a sentence what the policy is for");
    let actions = file.texts("actions", "list the actions the policy knows");
    let sets = file.table("sets", |sets| sets.entries(set_expr));
    let codes = file.table("codes", |codes| {
        codes.entries(|reader, item| reader.as_text(&item))
    });
    let attributes = file.table("attributes", |all| {
        all.entries(|reader, item| reader.nested("an attribute", &item, attribute))
    });
    let tables = file.table("tables", |all| {
        all.entries(|reader, item| reader.nested("a table", &item, table))
    });
    let definitions = file.table("definitions", |all| {
        all.entries(|reader, item| reader.as_text(&item))
    });
    let requirements = file.array_of_tables("requirement", "a requirement", requirement);
    let ready = file.array_of_tables("ready", "a ready state", |reader| {
        let state = reader.text(
            "state",
            "name the state, such as `state = \"scope_accepted\"`",
        );
        let when = reader.text(
            "when",
            "give the condition, such as `when = \"has(request.scan)\"`",
        );
        Some(ReadyDecl {
            state: state?,
            when: when?,
        })
    });
    let fallbacks = file
        .optional("fallbacks")
        .map(|item| file.nested("the fallbacks", &item, fallbacks));
    let base = file
        .optional("base")
        .and_then(|item| file.nested("the base", &item, base::base));
    for (what, count, most) in [
        ("requirements", requirements.len(), REQUIREMENTS),
        ("ready states", ready.len(), REQUIREMENTS),
        ("definitions", definitions.len(), REQUIREMENTS),
        ("sets", sets.len(), REQUIREMENTS),
        ("codes", codes.len(), REQUIREMENTS),
        ("tables", tables.len(), REQUIREMENTS),
        ("attributes", attributes.len(), ATTRIBUTES),
        ("actions", actions.as_ref().map_or(0, Vec::len), ACTIONS),
    ] {
        if count > most {
            file.out.push(Diagnostic::error(
                0..0,
                format!("the rule set has {count} {what}, more than {most}"),
                "split the rules into several policies",
            ));
        }
    }
    Some(RuleFile {
        name: name?,
        version: version?,
        summary: summary?,
        actions: actions?,
        sets,
        codes,
        attributes: named(attributes, |name, (ty, summary)| AttributeDecl {
            name,
            ty,
            summary,
        }),
        tables: named(tables, |name, (keys, otherwise, rows)| TableDecl {
            name,
            keys,
            otherwise,
            rows,
        }),
        definitions,
        requirements,
        ready,
        fallbacks: fallbacks.flatten(),
        base,
    })
}

fn named<T, U>(entries: Vec<(Text, T)>, make: impl Fn(Text, T) -> U) -> Vec<U> {
    entries
        .into_iter()
        .map(|(name, value)| make(name, value))
        .collect()
}

fn attribute(reader: &mut Reader<'_, '_, '_>) -> Option<(Text, Text)> {
    let ty = reader.text("type", "one of `text`, `number`, `truth`, `texts`");
    let summary = reader.text("summary", "say what the fact means");
    Some((ty?, summary?))
}

fn table(reader: &mut Reader<'_, '_, '_>) -> Option<(Vec<Text>, Option<Value>, Value)> {
    let keys = reader.texts(
        "keys",
        "say what the table is looked up by, such as `keys = [\"text\"]`",
    );
    let otherwise = reader
        .optional("otherwise")
        .and_then(|item| value(reader, &item));
    let rows = reader
        .required("rows", "give the rows, such as `rows = { github = 1 }`")
        .and_then(|item| value(reader, &item));
    Some((keys?, otherwise, rows?))
}

fn value<'t>(reader: &mut Reader<'t, '_, '_>, item: &Item<'t>) -> Option<Value> {
    let span = item.span.clone();
    match item.value {
        DeValue::String(_) => reader.as_text(item).map(Value::Text),
        DeValue::Integer(_) => reader.integer(item).map(|number| Value::Int(number, span)),
        DeValue::Boolean(truth) => Some(Value::Bool(*truth, span)),
        DeValue::Array(_) => reader.as_texts(item).map(|texts| Value::Texts(texts, span)),
        DeValue::Table(_) => reader
            .nested("rows", item, |rows| {
                Some(rows.entries(|reader, item| value(reader, &item)))
            })
            .map(|rows| Value::Rows(rows, span)),
        DeValue::Float(_) | DeValue::Datetime(_) => {
            reader.out.push(Diagnostic::error(
                span,
                format!("a table cannot hold {}", kind(item.value)),
                "use texts, whole numbers, booleans or lists of texts",
            ));
            None
        }
    }
}

fn set_expr<'t>(reader: &mut Reader<'t, '_, '_>, item: Item<'t>) -> Option<SetExpr> {
    match item.value {
        DeValue::String(_) => reader.as_text(&item).map(SetExpr::Name),
        DeValue::Array(_) => {
            let parts = reader.elements(&item, set_expr)?;
            Some(SetExpr::Union(parts, item.span))
        }
        DeValue::Table(_) => {
            let span = item.span.clone();
            reader.nested("a set", &item, |reader| {
                let of = reader
                    .required("of", "say of which actions, such as `of = \"every\"`")
                    .and_then(|item| set_expr(reader, item));
                let except = reader
                    .optional("except")
                    .and_then(|item| set_expr(reader, item));
                let when = reader.optional_text("when");
                Some(SetExpr::Of {
                    of: Box::new(of?),
                    except: except.map(Box::new),
                    when,
                    span,
                })
            })
        }
        _ => {
            reader.out.push(Diagnostic::error(
                item.span,
                format!("a set of actions cannot be {}", kind(item.value)),
                "write a name, a list of names, or `{ of = …, except = …, when = … }`",
            ));
            None
        }
    }
}

fn requirement(reader: &mut Reader<'_, '_, '_>) -> Option<RequirementDecl> {
    let id = reader.text("id", "give it an id, such as `id = \"scope-accepted\"`");
    let actions = reader
        .required("for", "say for which actions, such as `for = \"every\"`")
        .and_then(|item| set_expr(reader, item));
    let given = reader.optional_text("given");
    let must = reader.text("must", "give the condition that must hold");
    let code = reader.text("code", "give one of `[codes]`");
    let state = reader.optional_text("state");
    let message = reader.text(
        "message",
        "say what is wrong when the condition does not hold",
    );
    let remedy = reader.text("remedy", "say what the customer does next");
    let source = reader.text("source", "name the document and step it comes from");
    let groups = reader
        .optional("groups")
        .and_then(|item| reader.as_texts(&item))
        .unwrap_or_default();
    Some(RequirementDecl {
        id: id?,
        actions: actions?,
        given,
        must: must?,
        code: code?,
        state,
        message: message?,
        remedy: remedy?,
        source: source?,
        groups,
    })
}

fn fallbacks(reader: &mut Reader<'_, '_, '_>) -> Option<FallbacksDecl> {
    let actions = reader
        .required(
            "for",
            "say on a denial of which actions, such as `for = \"every\"`",
        )
        .and_then(|item| set_expr(reader, item));
    let when = reader.optional_text("when");
    let modes = reader.array_of_tables("modes", "a fallback", |reader| {
        let mode = reader.text(
            "mode",
            "name the access mode, such as `mode = \"ticket_only\"`",
        );
        let when = reader.text(
            "when",
            "give the condition; `when = \"true\"` if there is none",
        );
        Some((mode?, when?))
    });
    Some(FallbacksDecl {
        actions: actions?,
        when,
        modes,
    })
}
