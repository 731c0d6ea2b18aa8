//! Many conditions in one rule set, as ready states or as requirements.

use std::fmt::Write;

use fastrand::Rng;

use super::world::World;

/// A requirement before it is written.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The actions that it names; every one if there is none.
    pub actions: Option<Vec<&'static str>>,
    /// When these actions are meant.
    pub when: Option<String>,
    /// Its guard.
    pub given: Option<String>,
    /// What must hold.
    pub must: String,
}

impl Rule {
    /// The condition that holds where the requirement applies to those of its actions and is not met.
    pub fn unmet(&self) -> String {
        self.applying(&format!("!({})", self.must))
    }

    /// The condition that holds where the requirement applies to those of its actions and is met.
    pub fn met(&self) -> String {
        self.applying(&format!("({})", self.must))
    }

    fn applying(&self, condition: &str) -> String {
        let guards = self.when.iter().chain(&self.given);
        let guards = guards.map(|guard| format!("({guard})"));
        let all: Vec<String> = guards.chain([condition.to_owned()]).collect();
        all.join(" && ")
    }

    /// Whether the requirement names the action, which the rule set knows.
    pub fn names(&self, action: &str) -> bool {
        let actions = self.actions.as_ref();
        actions.is_none_or(|actions| actions.contains(&action))
    }
}

/// The rule set in which condition `n` is the ready state `c<n>`.
pub fn ready(world: &World, conditions: &[String], rng: &mut Rng) -> String {
    let mut out = world.toml();
    for (index, condition) in conditions.iter().enumerate() {
        let when = toml(condition, rng);
        writeln!(out, "[[ready]]\nstate = \"c{index}\"\nwhen = {when}")
            .expect("a string can be written to");
    }
    out
}

/// The rule set in which rule `n` is the requirement `c<n>`.
pub fn requirements(world: &World, rules: &[Rule], rng: &mut Rng) -> String {
    let mut out = world.toml();
    for (index, rule) in rules.iter().enumerate() {
        let mut actions = match &rule.actions {
            Some(actions) => format!("{actions:?}"),
            None => "\"every\"".to_owned(),
        };
        if let Some(when) = &rule.when {
            actions = format!("{{ of = {actions}, when = {} }}", basic(when));
        }
        let given = match &rule.given {
            Some(given) => format!("given = {}\n", toml(given, rng)),
            None => String::new(),
        };
        writeln!(
            out,
            "[[requirement]]\nid = \"c{index}\"\nfor = {actions}\n{given}must = {}\ncode = \"UNMET\"\n\
             message = \"It is not so.\"\nremedy = \"Make it so.\"\nsource = \"chance\"",
            toml(&rule.must, rng)
        )
        .expect("a string can be written to");
    }
    out
}

/// The condition as a TOML string of one of three kinds.
fn toml(condition: &str, rng: &mut Rng) -> String {
    let literal = !condition.contains("'''") && !condition.contains(|c: char| c.is_control());
    match rng.u8(..3) {
        0 if literal && !condition.contains('\'') => format!("'{condition}'"),
        1 if literal => format!("'''\n{condition} '''"),
        _ => basic(condition),
    }
}

fn basic(condition: &str) -> String {
    let mut out = String::from("\"");
    for c in condition.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {
                write!(out, "\\u{:04X}", u32::from(c)).expect("a string can be written to");
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
