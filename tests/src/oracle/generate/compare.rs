//! Comparisons: `==`, `!=`, `<`, `<=`, `>`, `>=`, `in`.

use super::super::contract::{CONTRACT, Type};
use super::super::literal;
use super::super::world::ACTIONS;
use super::{Generator, Scope};

const EQUAL: [&str; 3] = ["==", "==", "!="];
const ORDER: [&str; 4] = ["<", "<=", ">", ">="];

impl Generator<'_> {
    fn either_way(&mut self, a: &str, operator: &str, b: &str) -> String {
        if self.rng.bool() {
            format!("{a} {operator} {b}")
        } else {
            format!("{b} {operator} {a}")
        }
    }

    pub(super) fn texts_equal(&mut self, depth: u32, scope: &Scope) -> String {
        let operator = self.pick(&EQUAL);
        if self.one_in(5) {
            let (look_up, table) = self.look_up(&Type::Text, scope);
            let other = if self.rng.bool() {
                self.given_by(&table)
            } else {
                self.fact_text(scope).0
            };
            return self.either_way(&look_up, operator, &other);
        }
        let (text, path) = self.text(depth, scope);
        let other = if self.rng.bool() {
            self.literal_like(&path)
        } else {
            self.text(depth.saturating_sub(1), scope).0
        };
        self.either_way(&text, operator, &other)
    }

    pub(super) fn texts_ordered(&mut self, depth: u32, scope: &Scope) -> String {
        let operator = self.pick(&ORDER);
        let (text, path) = self.text(depth, scope);
        let other = if self.rng.bool() {
            self.literal_like(&path)
        } else {
            self.text(0, scope).0
        };
        self.either_way(&text, operator, &other)
    }

    pub(super) fn cases_equal(&mut self, scope: &Scope) -> String {
        let (case, name) = self.case(scope);
        let operator = self.pick(&EQUAL);
        let other = self.case_of(&name, scope);
        self.either_way(&case, operator, &other)
    }

    pub(super) fn numbers_compared(&mut self, depth: u32, scope: &Scope) -> String {
        let (number, like) = self.number(depth, scope);
        let operator = if self.one_in(3) {
            self.pick(&EQUAL)
        } else {
            self.pick(&ORDER)
        };
        let other = if self.rng.bool() {
            self.number_like(&like)
        } else {
            self.number(0, scope).0
        };
        self.either_way(&number, operator, &other)
    }

    pub(super) fn times_compared(&mut self, scope: &Scope) -> String {
        let operator = if self.one_in(4) {
            self.pick(&EQUAL)
        } else {
            self.pick(&ORDER)
        };
        let (a, b) = if self.one_in(3) {
            (self.duration(scope), self.duration(scope))
        } else {
            (self.time(scope), self.time(scope))
        };
        format!("{a} {operator} {b}")
    }

    pub(super) fn records_equal(&mut self, scope: &Scope) -> String {
        let Some(record) = self.fact(scope, comparable_record) else {
            return self.texts_equal(0, scope);
        };
        let same = |ty: &Type| *ty == record.ty;
        let other = self.fact(scope, same).expect("the record itself").code;
        let operator = self.pick(&EQUAL);
        if self.one_in(4) {
            let third = self.fact(scope, same).expect("the record itself").code;
            return format!("{} in [{other}, {third}]", record.code);
        }
        if self.one_in(4) {
            let chosen = self.choice(scope, |generator| {
                generator.fact(scope, same).expect("the record itself").code
            });
            return format!("{chosen} {operator} {other}");
        }
        format!("{} {operator} {other}", record.code)
    }

    pub(super) fn lists_equal(&mut self, scope: &Scope) -> String {
        let Some(list) = self.fact(scope, comparable_list) else {
            return self.numbers_compared(0, scope);
        };
        let operator = self.pick(&EQUAL);
        let other = match self.rng.u8(..4) {
            0 => {
                self.fact(scope, |ty| *ty == list.ty)
                    .expect("the list itself")
                    .code
            }
            1 if list.ty == Type::List(Box::new(Type::Text)) => self.look_up(&list.ty, scope).0,
            _ => self.list_like(&list.path),
        };
        self.either_way(&list.code, operator, &other)
    }

    /// `x in list`.
    pub(super) fn membership(&mut self, depth: u32, scope: &Scope) -> String {
        match self.rng.u8(..12) {
            0..3 => {
                let (text, path) = self.text(depth, scope);
                let list = self.texts(scope);
                if self.rng.bool() {
                    format!("{text} in {list}")
                } else {
                    format!("{} in {list}", self.literal_like(&path))
                }
            }
            3..5 => {
                let (text, path) = self.text(depth, scope);
                let count = self.pick(&[0, 1, 2, 3, 5, 7, 9, 20, 40]);
                let elements: Vec<String> = (0..count).map(|_| self.literal_like(&path)).collect();
                format!("{text} in {}", literal::list(&elements))
            }
            5 => {
                let (text, path) = self.fact_text(scope);
                let elements = [
                    self.fact_text(scope).0,
                    self.literal_like(&path),
                    self.text(1, scope).0,
                ];
                format!("{text} in {}", literal::list(&elements))
            }
            6..8 => {
                let (case, name) = self.case(scope);
                let cases = CONTRACT.cases(&name);
                let elements: Vec<String> = (0..self.pick(&[1, 2, 2, 3]))
                    .map(|_| format!("\"{}\"", self.pick(&cases)))
                    .collect();
                format!("{case} in {}", literal::list(&elements))
            }
            8 => {
                let Some(list) = self.fact(scope, case_list) else {
                    return self.cases_equal(scope);
                };
                let Type::List(element) = &list.ty else {
                    unreachable!("a list is a list")
                };
                let Type::Enum(name) = &**element else {
                    unreachable!("its elements are cases")
                };
                format!("{} in {}", self.case_of(name, scope), list.code)
            }
            9 => {
                let (number, like) = self.number(depth, scope);
                let elements = [
                    self.number_like(&like),
                    self.number(0, scope).0,
                    self.number_like(&like),
                ];
                format!("{number} in {}", literal::list(&elements))
            }
            10 => {
                let time = self.time(scope);
                let elements = [self.time(scope), self.time(scope)];
                format!("{time} in {}", literal::list(&elements))
            }
            _ => {
                let elements: Vec<String> = (0..self.pick(&[1, 2, 8]))
                    .map(|_| format!("\"{}\"", self.pick(&ACTIONS)))
                    .collect();
                format!("request.action in {}", literal::list(&elements))
            }
        }
    }
}

fn comparable_record(ty: &Type) -> bool {
    matches!(ty, Type::Record(name) if name != "request")
}

fn comparable_list(ty: &Type) -> bool {
    matches!(ty, Type::List(_))
}

fn case_list(ty: &Type) -> bool {
    matches!(ty, Type::List(element) if matches!(**element, Type::Enum(_)))
}
