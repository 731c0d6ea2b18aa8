//! Lists, and `all`, `exists` and `exists_one` over them.

use super::super::contract::{CONTRACT, Type};
use super::super::facts::Fact;
use super::super::literal;
use super::{Generator, Scope, Var};

const MACROS: [&str; 5] = ["all", "exists", "all", "exists", "exists_one"];
const NAMES: [&str; 5] = ["x", "y", "t", "one", "x"];

impl Generator<'_> {
    /// A list of texts: a fact, or what a table gives.
    pub(super) fn texts(&mut self, scope: &Scope) -> String {
        let texts = Type::List(Box::new(Type::Text));
        match self.fact(scope, |ty| *ty == texts) {
            Some(fact) if self.one_in(4) => self.choice(scope, |generator| {
                if generator.one_in(3) {
                    return generator.list_like(&fact.path);
                }
                generator
                    .fact(scope, |ty| *ty == texts)
                    .expect("the list itself")
                    .code
            }),
            Some(fact) if !self.one_in(5) => fact.code,
            _ => self.look_up(&texts, scope).0,
        }
    }

    /// A literal like the lists seen at the path.
    pub(super) fn list_like(&mut self, path: &str) -> String {
        let seen = self
            .samples
            .any(path, &mut self.rng)
            .cloned()
            .unwrap_or_default();
        let texts = seen
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|element| element.as_str());
        let literals: Vec<String> = texts
            .map(|text| literal::text(text, &mut self.rng))
            .collect();
        literal::list(&literals)
    }

    /// A macro over a list.
    pub(super) fn quantified(&mut self, depth: u32, scope: &Scope) -> String {
        match self.rng.u8(..10) {
            0 => self.over_literal(depth, scope),
            1 => self.over_cases(depth, scope),
            2 => self.over_facts(depth, scope),
            3 => {
                let list = self.texts(scope);
                let element = self.element("scan.accepted", Type::Text);
                self.over(&list, element, None, depth, scope, &MACROS)
            }
            _ => {
                let fact = self.fact(scope, |ty| matches!(ty, Type::List(_)));
                let Some(Fact {
                    code,
                    path,
                    ty: Type::List(element),
                    ..
                }) = fact
                else {
                    return self.over_literal(depth, scope);
                };
                let element = self.element(&path, *element);
                self.over(&code, element, None, depth, scope, &MACROS)
            }
        }
    }

    fn element(&mut self, path: &str, ty: Type) -> Fact {
        Fact {
            code: self.pick(&NAMES).into(),
            path: format!("{path}[]"),
            ty,
            needs: Vec::new(),
            optional: false,
        }
    }

    /// A macro over a list literal of constants.
    fn over_literal(&mut self, depth: u32, scope: &Scope) -> String {
        if self.one_in(4) {
            let list =
                literal::list(&[0, 1, 2, self.rng.i64(-5..50)].map(|number| number.to_string()));
            let element = self.element("scan.credits", Type::Int);
            return self.over(&list, element, None, depth, scope, &MACROS);
        }
        let (_, path) = self.fact_text(scope);
        let count = self.pick(&[1, 2, 3, 8]);
        let texts: Vec<String> = (0..count).map(|_| self.literal_like(&path)).collect();
        let mut element = self.element("", Type::Text);
        element.path = path;
        self.over(&literal::list(&texts), element, None, depth, scope, &MACROS)
    }

    /// A macro over a literal of an enum's cases.
    fn over_cases(&mut self, depth: u32, scope: &Scope) -> String {
        let (_, name) = self.case(scope);
        let cases = CONTRACT.cases(&name);
        let literals: Vec<String> = (0..self.pick(&[1, 2, 3]))
            .map(|_| format!("\"{}\"", self.pick(&cases)))
            .collect();
        let element = self.element("", Type::Text);
        self.over(
            &literal::list(&literals),
            element,
            Some(name),
            depth,
            scope,
            &MACROS,
        )
    }

    /// A macro over a literal that holds facts: its body is written once an element.
    fn over_facts(&mut self, depth: u32, scope: &Scope) -> String {
        let kinds = [
            Type::Text,
            Type::Record("tenancy".into()),
            Type::Time,
            Type::Record("person".into()),
            Type::Record("access".into()),
            Type::Record("approved_scope".into()),
        ];
        let ty = self.pick(&kinds);
        let mut facts = Vec::new();
        for _ in 0..self.pick(&[1, 2, 3]) {
            // Of the variable nobody knows that it is the action, which is compared with listed ones only.
            let fact = self.fact(scope, |of| *of == ty);
            facts.extend(fact.filter(|fact| fact.path != "action"));
        }
        let Some(first) = facts.first() else {
            return self.over_literal(depth, scope);
        };
        let mut element = self.element("", ty);
        element.path.clone_from(&first.path);
        let facts: Vec<String> = facts.into_iter().map(|fact| fact.code).collect();
        self.over(
            &literal::list(&facts),
            element,
            None,
            depth,
            scope,
            &MACROS[..4],
        )
    }

    fn over(
        &mut self,
        list: &str,
        element: Fact,
        case_of: Option<String>,
        depth: u32,
        scope: &Scope,
        macros: &[&str],
    ) -> String {
        let name = element.code.clone();
        let inner = scope.binding(Var {
            fact: element,
            case_of,
        });
        let body = self.about(depth, &inner);
        format!("{list}.{}({name}, {body})", self.pick(macros))
    }

    /// A condition that most often is about the innermost variable.
    fn about(&mut self, depth: u32, scope: &Scope) -> String {
        let Some(var) = scope.vars.last() else {
            return self.boolean(depth, scope);
        };
        if depth > 0 && self.rng.bool() {
            return self.boolean(depth, scope);
        }
        if let Some(name) = var.case_of.clone() {
            let fact = self.fact(scope, |ty| *ty == Type::Enum(name.clone()));
            return fact.map_or_else(
                || self.boolean(depth, scope),
                |fact| format!("{} == {}", var_name(scope), fact.code),
            );
        }
        match var.fact.ty {
            Type::Text => match self.rng.u8(..4) {
                0 => self.text_test(depth, scope),
                1 => self.texts_ordered(depth, scope),
                _ => self.texts_equal(depth, scope),
            },
            Type::Int => self.numbers_compared(depth, scope),
            Type::Enum(_) => self.cases_equal(scope),
            Type::Time => self.times_compared(scope),
            _ => self.boolean(depth, scope),
        }
    }
}

fn var_name(scope: &Scope) -> String {
    scope
        .vars
        .last()
        .map(|var| var.fact.code.clone())
        .unwrap_or_default()
}
