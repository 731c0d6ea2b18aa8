//! Random requests as the oracle sees them, and what conditions are of them.

use scopegate::Request;

use super::{Oracle, Question, Requests, World, written_out};

/// Requests, each as both sides see it.
pub struct Asking {
    /// The requests.
    pub requests: Vec<Request>,
    oracles: Vec<Oracle>,
}

/// A condition and what it is of each request.
pub struct Asked {
    /// The condition.
    pub condition: String,
    /// What it is of each request; none where the oracle does not know.
    pub answers: Vec<Option<bool>>,
}

impl Asked {
    /// Whether it is the same of every request.
    pub fn is_constant(&self) -> bool {
        let mut answers = self.answers.iter().flatten();
        let first = answers.next();
        answers.all(|answer| Some(answer) == first)
    }
}

impl Asking {
    /// So many random requests.
    pub fn new(seed: u64, world: &World, count: usize) -> Self {
        Self::of(Requests::new(seed).take(count).collect(), world)
    }

    /// These requests.
    pub fn of(requests: Vec<Request>, world: &World) -> Self {
        let oracles = requests
            .iter()
            .map(|request| Oracle::new(world, request))
            .collect();
        Self { requests, oracles }
    }

    /// Asks the oracle, which must have an answer.
    pub fn ask(&self, condition: String) -> Asked {
        let question = Question::new(&written_out(&condition));
        let answer = |(oracle, request): (&Oracle, &Request)| match oracle.answer(&question) {
            Ok(answer) => Some(answer),
            // The oracle counts nanoseconds in 64 bits: differences of more than 292 years are beyond it.
            Err(error) if error.starts_with("Overflow") => None,
            Err(error) => panic!(
                "the oracle has no answer: {error}\n{condition}\n{}",
                json(request)
            ),
        };
        let answers = self
            .oracles
            .iter()
            .zip(&self.requests)
            .map(answer)
            .collect();
        Asked { condition, answers }
    }
}

/// The request's JSON, for messages.
pub fn json(request: &Request) -> String {
    serde_json::to_string(request).expect("a request can be written")
}
