//! What an engine does here: it loads rules and decides requests.
//!
//! Always true here: what is timed is the same work whose answer is checked.

use scopegate::Request;
use serde_json::Value;

use crate::requests;
use crate::rules::Rules;

/// What an engine says about a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) is_allowed: bool,
    /// The ids of the rules that are not met, in the order of the rules.
    pub(crate) unmet: Vec<String>,
}

impl Answer {
    /// From places in the order of the rules, which may come in any order.
    pub(crate) fn of(is_allowed: bool, mut unmet: Vec<usize>, ids: &[String]) -> Self {
        unmet.sort_unstable();
        Self {
            is_allowed,
            unmet: unmet.into_iter().map(|index| ids[index].clone()).collect(),
        }
    }

    /// From ids that an engine gives in an order of its own.
    pub(crate) fn named<'u>(
        is_allowed: bool,
        unmet: impl IntoIterator<Item = &'u str>,
        ids: &[String],
    ) -> Self {
        let place = |id: &str| {
            ids.iter()
                .position(|other| other == id)
                .unwrap_or_else(|| panic!("no rule has the id `{id}`"))
        };
        let unmet = unmet.into_iter().map(place).collect();
        Self::of(is_allowed, unmet, ids)
    }
}

/// An engine with rules loaded.
pub(crate) trait Engine: Sized {
    /// What it is called in the table.
    const NAME: &'static str;
    /// The crate whose version the table gives.
    const CRATE: &'static str;
    /// Rules as they are handed to it.
    type Source;
    /// A request in the form in which it takes one.
    type Prepared;

    /// The rules in its language.
    fn source(rules: &Rules) -> Self::Source;

    /// From rules to ready to decide.
    fn load(source: &Self::Source) -> Self;

    /// Makes what can be made of a request before it is decided. `facts` is the request as JSON.
    fn prepare(request: &Request, facts: &Value) -> Self::Prepared;

    /// Decides wholly, with the list of what is not met, and tells whether it allows.
    fn decide(&mut self, request: &Self::Prepared) -> bool;

    /// The same from the typed request, as a program has it that embeds the engine.
    fn decide_typed(&mut self, request: &Request) -> bool {
        let prepared = Self::prepare(request, &requests::facts(request));
        self.decide(&prepared)
    }

    /// Decides in the same way, and tells all; `ids` are those of the rules in order.
    fn answer(&mut self, request: &Self::Prepared, ids: &[String]) -> Answer;
}
