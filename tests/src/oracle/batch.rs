//! Many conditions in one rule set: as ready states, and as requirements.

use std::fmt::Write;

use fastrand::Rng;

use super::world::World;

/// Conditions that become one component.
pub struct Batch<'a> {
    /// The world they live in.
    pub world: &'a World,
    /// The conditions.
    pub conditions: &'a [String],
}

impl Batch<'_> {
    /// The rule set in which condition `n` is the ready state `c<n>`.
    pub fn as_ready(&self, rng: &mut Rng) -> String {
        let mut out = self.world.toml();
        for (index, condition) in self.conditions.iter().enumerate() {
            write!(
                out,
                "[[ready]]\nstate = \"c{index}\"\nwhen = {}\n",
                toml(condition, rng)
            )
            .expect("a string can be written to");
        }
        out
    }

    /// The rule set in which condition `n` is what the requirement `c<n>` asks of every action.
    pub fn as_requirements(&self, rng: &mut Rng) -> String {
        let mut out = self.world.toml();
        for (index, condition) in self.conditions.iter().enumerate() {
            write!(
                out,
                "[[requirement]]\nid = \"c{index}\"\nfor = \"every\"\nmust = {}\ncode = \"UNMET\"\nmessage = \"It is not so.\"\nremedy = \"Make it so.\"\nsource = \"chance\"\n",
                toml(condition, rng)
            )
            .expect("a string can be written to");
        }
        out
    }
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
