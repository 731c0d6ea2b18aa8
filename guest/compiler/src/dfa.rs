//! A regular expression as a table of states, made when the rule set is compiled.

use std::collections::HashMap;

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};

/// The most bytes of a DFA, in memory while it is made and in the component.
const BYTES: usize = 64 * 1024;

/// Tells whether a pattern matches anywhere in a text: one step a byte, and one behind the last.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dfa {
    /// For each byte its class.
    pub(crate) classes: [u8; 256],
    /// How many classes there are; one more column holds the step behind the last byte.
    pub(crate) width: usize,
    /// `states * (width + 1)` next states. State 0 is the failure, state 1 the match, both final; state 2 is the start.
    pub(crate) next: Vec<u16>,
}

pub(crate) const FAILED: u16 = 0;
pub(crate) const MATCHED: u16 = 1;

impl Dfa {
    /// The DFA of `pattern`, or why there is none.
    pub(crate) fn new(pattern: &str) -> Result<Self, String> {
        let config = dense::Config::new()
            .match_kind(MatchKind::All)
            .start_kind(StartKind::Unanchored)
            .determinize_size_limit(Some(16 * BYTES))
            .dfa_size_limit(Some(16 * BYTES));
        let dense = dense::Builder::new()
            .configure(config)
            .thompson(
                regex_automata::nfa::thompson::Config::new()
                    .nfa_size_limit(Some(16 * BYTES))
                    .which_captures(regex_automata::nfa::thompson::WhichCaptures::None),
            )
            .build(pattern)
            .map_err(|error| reason(&error))?;
        let start = dense
            .start_state(&start::Config::new().anchored(Anchored::No))
            .map_err(|error| error.to_string())?;
        Self::flatten(&dense, start)
    }

    /// The DFA as the runtime reads it: the class of each byte, a row's width in bytes, the rows.
    pub(crate) fn image(&self) -> Vec<u8> {
        let row = u32::try_from(2 * (self.width + 1)).expect("there are at most 257 columns");
        let mut image = self.classes.to_vec();
        image.extend(row.to_le_bytes());
        image.extend(self.next.iter().flat_map(|state| state.to_le_bytes()));
        image
    }

    fn flatten(dense: &dense::DFA<Vec<u32>>, start: StateID) -> Result<Self, String> {
        let byte_classes = dense.byte_classes();
        let mut classes = [0; 256];
        for byte in 0..=255u8 {
            classes[usize::from(byte)] = byte_classes.get(byte);
        }
        let width = usize::from(classes.iter().copied().max().unwrap_or(0)) + 1;
        let samples: Vec<u8> = (0..width)
            .map(|class| {
                let byte = classes.iter().position(|c| usize::from(*c) == class);
                u8::try_from(byte.unwrap_or(0)).unwrap_or(0)
            })
            .collect();
        let mut numbers: HashMap<StateID, u16> = HashMap::new();
        let mut queue = Vec::new();
        let mut number = |state: StateID, queue: &mut Vec<StateID>| -> Result<u16, String> {
            if dense.is_match_state(state) {
                return Ok(MATCHED);
            }
            if dense.is_dead_state(state) || dense.is_quit_state(state) {
                return Ok(FAILED);
            }
            if let Some(number) = numbers.get(&state) {
                return Ok(*number);
            }
            let number = numbers.len() + 2;
            if (number + 1) * (width + 1) * 2 > BYTES {
                return Err(format!("it needs more than {} KiB of states", BYTES / 1024));
            }
            let number = u16::try_from(number).map_err(|error| error.to_string())?;
            numbers.insert(state, number);
            queue.push(state);
            Ok(number)
        };
        let mut next = vec![FAILED; width + 1];
        next.extend(std::iter::repeat_n(MATCHED, width + 1));
        let first = number(start, &mut queue)?;
        if first != 2 {
            // The start itself is final: state 2 goes there whatever comes.
            next.extend(std::iter::repeat_n(first, width + 1));
            return Ok(Self {
                classes,
                width,
                next,
            });
        }
        let mut done = 0;
        while done < queue.len() {
            let state = queue[done];
            done += 1;
            for sample in &samples {
                next.push(number(dense.next_state(state, *sample), &mut queue)?);
            }
            next.push(number(dense.next_eoi_state(state), &mut queue)?);
        }
        Ok(Self {
            classes,
            width,
            next,
        })
    }
}

fn reason(error: &dense::BuildError) -> String {
    if error.is_size_limit_exceeded() {
        return format!("it needs more than {} KiB of states", BYTES / 1024);
    }
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = cause.to_string();
        source = cause.source();
    }
    text.lines()
        .last()
        .unwrap_or_default()
        .trim_start_matches("error: ")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(dfa: &Dfa, text: &str) -> bool {
        let row = dfa.width + 1;
        let mut state = 2usize;
        for byte in text.bytes() {
            state =
                usize::from(dfa.next[state * row + usize::from(dfa.classes[usize::from(byte)])]);
        }
        usize::from(dfa.next[state * row + dfa.width]) == usize::from(MATCHED)
    }

    #[test]
    fn it_matches_anywhere_unless_anchored() {
        let cases = [
            ("b", "abc", true),
            ("^b", "abc", false),
            ("^a", "abc", true),
            ("c$", "abc", true),
            ("b$", "abc", false),
            ("", "", true),
            ("^$", "x", false),
            ("^proj-[0-9]+$", "proj-12", true),
            ("^proj-[0-9]+$", "proj-12x", false),
            ("é+", "caféé", true),
            (".", "", false),
            ("^.$", "é", true),
            ("(?i)ABC", "xabcx", true),
            ("a|b|", "zzz", true),
            (r"[^\x00-\x7F]", "abc", false),
        ];
        for (pattern, text, expected) in cases {
            let dfa = Dfa::new(pattern).expect(pattern);
            assert_eq!(matches(&dfa, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn what_is_too_large_or_not_regular_is_refused() {
        for pattern in ["(", r"\b", "[01]*1[01]{16}", "(?<!a)b", r"\w{200}"] {
            assert!(Dfa::new(pattern).is_err(), "{pattern}");
        }
    }
}
