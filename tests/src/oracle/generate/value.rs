//! Values of every type, and literals that are like them.

use super::super::contract::{CONTRACT, Type};
use super::super::literal;
use super::super::table::{Cell, Table};
use super::{Generator, Scope};

impl Generator<'_> {
    /// A text that is a fact, with its path.
    pub(super) fn fact_text(&mut self, scope: &Scope) -> (String, String) {
        let fact = self
            .fact(scope, |ty| *ty == Type::Text)
            .expect("the request always has texts");
        (fact.code, fact.path)
    }

    /// A text, and a path whose samples are like it.
    pub(super) fn text(&mut self, depth: u32, scope: &Scope) -> (String, String) {
        match self.rng.u8(..12) {
            0 => (
                format!("host({})", self.url(scope)),
                "responsibility.authorized_for.hosts[]".into(),
            ),
            1 | 2 if depth > 0 => {
                let path = self.fact_text(scope).1;
                let of = path.clone();
                let chosen = self.choice(scope, move |generator| {
                    if generator.one_in(4) {
                        generator.literal_like(&of)
                    } else {
                        generator.fact_text(scope).0
                    }
                });
                (chosen, path)
            }
            3 if depth > 0 => {
                // A field of one of two records.
                let tenancy = |ty: &Type| *ty == Type::Record("tenancy".into());
                let chosen = self.choice(scope, |generator| {
                    generator
                        .fact(scope, tenancy)
                        .expect("the request has a tenancy")
                        .code
                });
                let field = self.pick(&["account", "project", "client_workspace"]);
                (format!("{chosen}.{field}"), format!("tenancy.{field}"))
            }
            _ => self.fact_text(scope),
        }
    }

    /// A table look-up of the type, and the table.
    pub(super) fn look_up(&mut self, ty: &Type, scope: &Scope) -> (String, Table) {
        let tables: Vec<Table> = self
            .world
            .tables
            .iter()
            .filter(|table| table.ty() == *ty)
            .cloned()
            .collect();
        let table = self.pick(&tables);
        (self.look_up_in(&table, scope), table)
    }

    fn look_up_in(&mut self, table: &Table, scope: &Scope) -> String {
        let row = self.rng.usize(..table.rows.len());
        let keys: Vec<String> = (0..table.keys.len())
            .map(|index| match table.key(index) {
                Type::Enum(name) => self
                    .case_of_fact(&name, scope)
                    .unwrap_or_else(|| format!("\"{}\"", table.rows[row].0[index])),
                _ if self.one_in(4) && table.keys.len() > 1 => {
                    literal::text(table.rows[row].0[index], &mut self.rng)
                }
                _ if table.name == "providers" && self.rng.bool() => "request.action".into(),
                _ => self.text(0, scope).0,
            })
            .collect();
        format!("{}({})", table.name, keys.join(", "))
    }

    /// A text that the table gives.
    pub(super) fn given_by(&mut self, table: &Table) -> String {
        let texts: Vec<&str> = table
            .cells()
            .filter_map(|cell| {
                if let Cell::Text(text) = cell {
                    Some(*text)
                } else {
                    None
                }
            })
            .collect();
        let text = self.pick(&texts);
        literal::text(text, &mut self.rng)
    }

    /// A fact that is a case of the enum.
    fn case_of_fact(&mut self, name: &str, scope: &Scope) -> Option<String> {
        self.fact(scope, |ty| matches!(ty, Type::Enum(of) if of == name))
            .map(|fact| fact.code)
    }

    /// A case, and the name of its enum.
    pub(super) fn case(&mut self, scope: &Scope) -> (String, String) {
        let fact = self
            .fact(scope, |ty| matches!(ty, Type::Enum(_)))
            .expect("the request always has cases");
        let Type::Enum(name) = fact.ty else {
            unreachable!("it was asked for")
        };
        if self.one_in(6) {
            let of = name.clone();
            return (
                self.choice(scope, |generator| {
                    generator.case_of_fact(&of, scope).expect("the fact itself")
                }),
                name,
            );
        }
        (fact.code, name)
    }

    /// A case of the enum: a literal, a fact, what a table gives, a variable over cases.
    pub(super) fn case_of(&mut self, name: &str, scope: &Scope) -> String {
        let var = scope
            .vars
            .iter()
            .rev()
            .find(|var| var.case_of.as_deref() == Some(name));
        if let Some(var) = var.filter(|_| !self.rng.bool()) {
            return var.fact.code.clone();
        }
        let cases = CONTRACT.cases(name);
        match self.rng.u8(..8) {
            0 | 1 => {
                if let Some(fact) = self.case_of_fact(name, scope) {
                    return fact;
                }
            }
            2 => {
                let tables: Vec<Table> = self
                    .world
                    .tables
                    .iter()
                    .filter(|table| table.ty() == Type::Text && table.gives_cases_of(name))
                    .cloned()
                    .collect();
                if !tables.is_empty() {
                    let table = self.pick(&tables);
                    return self.look_up_in(&table, scope);
                }
            }
            3 => return self.choice(scope, |generator| format!("\"{}\"", generator.pick(&cases))),
            _ => {}
        }
        format!("\"{}\"", self.pick(&cases))
    }

    /// A number, and what a literal like it is: a path, or small if it is empty.
    pub(super) fn number(&mut self, depth: u32, scope: &Scope) -> (String, String) {
        match self.rng.u8(..12) {
            0..3 => (self.size_of_text(scope), String::new()),
            3..6 => (self.size_of_list(scope), String::new()),
            6 => (self.look_up(&Type::Int, scope).0, "tables".into()),
            7 | 8 if depth > 0 => {
                let (a, b) = (self.small(scope), self.small(scope));
                let operator = self.pick(&["+", "-"]);
                (format!("({a} {operator} {b})"), String::new())
            }
            9 if depth > 0 => (
                self.choice(scope, |generator| generator.number(0, scope).0),
                String::new(),
            ),
            _ => match self.fact(scope, |ty| *ty == Type::Int) {
                Some(fact) => (fact.code, fact.path),
                None => (self.size_of_list(scope), String::new()),
            },
        }
    }

    /// A number that may be added: it has a limit.
    fn small(&mut self, scope: &Scope) -> String {
        match self.rng.u8(..5) {
            0 => self.size_of_text(scope),
            1 => self.size_of_list(scope),
            2 => self.rng.i64(-3..10).to_string(),
            3 => {
                let table = self
                    .world
                    .tables
                    .iter()
                    .find(|table| table.name == "rank")
                    .expect("there is one")
                    .clone();
                self.look_up_in(&table, scope)
            }
            _ => {
                let limited = |ty: &Type| *ty == Type::Int;
                match self.fact(scope, limited) {
                    Some(fact) if fact.path.starts_with("scan.") => fact.code,
                    _ => self.size_of_list(scope),
                }
            }
        }
    }

    fn size_of_text(&mut self, scope: &Scope) -> String {
        let (text, _) = self.text(0, scope);
        if self.rng.bool() {
            format!("size({text})")
        } else {
            format!("{text}.size()")
        }
    }

    fn size_of_list(&mut self, scope: &Scope) -> String {
        let list = match self.fact(scope, |ty| matches!(ty, Type::List(_))) {
            Some(fact) => fact.code,
            None => self.look_up(&Type::List(Box::new(Type::Text)), scope).0,
        };
        if self.rng.bool() {
            format!("size({list})")
        } else {
            format!("{list}.size()")
        }
    }

    /// A literal that numbers like this one are compared with.
    pub(super) fn number_like(&mut self, path: &str) -> String {
        let seen = self
            .samples
            .any(path, &mut self.rng)
            .and_then(serde_json::Value::as_i64);
        match seen {
            Some(seen) if !self.one_in(5) => seen.saturating_add(self.rng.i64(-1..=1)).to_string(),
            _ if path == "tables" => self
                .pick(&[0, 1, 2, 3, 4, 7, 9, -1, i64::MIN, i64::MAX])
                .to_string(),
            _ => self.pick(&[0, 1, 1, 2, 2, 3, 5, 7, 11, 20]).to_string(),
        }
    }

    /// A time.
    pub(super) fn time(&mut self, scope: &Scope) -> String {
        let fact = self
            .fact(scope, |ty| *ty == Type::Time)
            .expect("`now` is always there");
        match self.rng.u8(..8) {
            0..2 => {
                let seen = self
                    .samples
                    .any(&fact.path, &mut self.rng)
                    .and_then(|seen| seen.as_str())
                    .unwrap_or("2026-11-23T12:00:00Z")
                    .to_owned();
                literal::time(&seen, &mut self.rng)
            }
            2 => format!("({} - {})", fact.code, self.span()),
            3 => format!("(timestamp(\"2026-11-22T12:00:00Z\") + {})", self.span()),
            4 => self.choice(scope, |generator| {
                generator
                    .fact(scope, |ty| *ty == Type::Time)
                    .expect("`now` is always there")
                    .code
            }),
            _ => fact.code,
        }
    }

    /// The constant span of time.
    fn span(&mut self) -> String {
        let span = self.pick(&[
            "0s", "1s", "24h", "48h", "36h", "1h30m", "72h", "2h0m1s", "24h0m1s",
        ]);
        format!("duration(\"{span}\")")
    }

    /// A duration.
    pub(super) fn duration(&mut self, scope: &Scope) -> String {
        match self.rng.u8(..6) {
            0..3 => {
                let (a, b) = (self.time(scope), self.time(scope));
                format!("({a} - {b})")
            }
            3 => format!("({} + {})", self.span(), self.span()),
            4 => "duration(\"-24h\")".into(),
            _ => self.span(),
        }
    }
}
