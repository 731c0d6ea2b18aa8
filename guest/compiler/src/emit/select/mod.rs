//! Selection: requirements that a fact's value rules out are not asked.
//!
//! A requirement that can be unmet only where a fact equals one of some constants is listed under these constants. A
//! call looks the fact up once, and asks the requirements that it finds.
//!
//! Always true here: what is not asked holds.

mod groups;
mod needs;
#[cfg(test)]
mod tests;
mod visit;

use crate::ir::Expr;
use crate::rules::{Rules, When};
use groups::{Group, Split};
use needs::{Finder, Needs, Stands, Value};

/// For each requirement what it needs to be unmet, and the room left for groups.
pub(super) struct Selection {
    needs: Vec<Needs>,
    places: usize,
}

impl Selection {
    /// Of the requirements' guarded conditions, of which everything known is worked out.
    pub(super) fn new(conditions: &[Expr], rules: &Rules) -> Self {
        let mut finder = Finder::new(rules);
        Self {
            needs: conditions
                .iter()
                .map(|condition| finder.needs(condition, false))
                .collect(),
            places: groups::PLACES,
        }
    }

    /// Splits an action's requirements into groups and the rest.
    pub(super) fn split(&mut self, list: &[(usize, When)]) -> Split {
        groups::split(list, &self.needs, &mut self.places)
    }
}
