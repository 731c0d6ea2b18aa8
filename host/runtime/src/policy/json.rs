//! From JSON to decisions, without a [`Request`] in between where that can be.
//!
//! Always true here: what is decided of a text is what is decided of the request that the text is.

use std::cell::Cell;
use std::ops::ControlFlow;

use serde::Deserialize as _;
use serde_json::value::RawValue;

use super::Policy;
use crate::decision::Decision;
use crate::error::{EvaluateError, JsonError};
use crate::facts::{Request, once};
use crate::instance::Code;
use crate::json::{Context, Cursor, InputError, Path, trim_json_start};

/// What comes next in a sequence.
enum Next {
    /// Another request, as far as can be seen.
    Request,
    /// Another request that has to be looked at closely.
    Closely,
    /// Nothing that is wanted.
    Nothing,
    /// What may not stand there.
    Else,
}

impl Policy {
    /// Decides the request that `json` is: the fastest way from a text to a decision.
    /// `clock` gives the time, in seconds since 1970-01-01T00:00:00Z, if the text names none.
    ///
    /// # Errors
    ///
    /// Those of [`Request::from_json`] and those of [`evaluate`](Self::evaluate), in this order.
    pub fn evaluate_json(
        &self,
        json: &[u8],
        clock: impl FnOnce() -> i64,
    ) -> Result<Decision<'_>, JsonError> {
        let clock = once(clock);
        if !self.is_direct() {
            return self.read(json, &clock);
        }
        let context = Context::new(true, &clock);
        let root = Path::root(&context);
        let mut from = Cursor::new(json, &root);
        let terms = &self.inner.terms;
        let decided = self.run(|instance| {
            match instance.lay_json(&mut from, |action| terms.action(action))? {
                Some((laid, action)) if from.is_at_end() => {
                    Ok(Some(self.decision(laid.evaluate()?, action)))
                }
                _ => Ok(None),
            }
        });
        match decided {
            Ok(Some(decided)) => {
                self.check(&decided, json, &clock);
                Ok(decided?)
            }
            Err(error) if from.at() > 0 => Err(error.into()),
            // It has to be read strictly, or there is no instance: whatever is wrong with the text comes first.
            Ok(None) | Err(_) => self.read(json, &clock),
        }
    }

    /// Decides the requests that `json` has, one behind the other with commas between them, as a list has them between its brackets, and
    /// tells `each` in order what came of it, until that breaks off. `clock` gives the time of those that name none, in seconds since
    /// 1970-01-01T00:00:00Z; for each that is not until the one before was told.
    ///
    /// # Errors
    ///
    /// What the first that is no request should have been. Those before it are told.
    ///
    /// ```
    /// # use std::ops::ControlFlow;
    /// # fn decide(policy: &scopegate::Policy, list: &[u8]) -> Result<usize, scopegate::InputError> {
    /// let mut allowed = 0;
    /// policy.evaluate_json_sequence(list, || 1_795_435_200, |decision| {
    ///     allowed += usize::from(decision.is_ok_and(|decision| decision.is_allowed()));
    ///     ControlFlow::Continue(())
    /// })?;
    /// # Ok(allowed)
    /// # }
    /// ```
    pub fn evaluate_json_sequence<'p>(
        &'p self,
        json: &[u8],
        clock: impl Fn() -> i64,
        mut each: impl FnMut(Result<Decision<'p>, EvaluateError>) -> ControlFlow<()>,
    ) -> Result<(), InputError> {
        let now = Cell::new(0);
        let clock = || {
            now.set(clock());
            now.get()
        };
        let context = Context::new(true, &clock);
        let root = Path::root(&context);
        let mut from = Cursor::new(json, &root);
        let terms = &self.inner.terms;
        let mut request = Request::default();
        let mut next = Next::Request;
        loop {
            let mut begin = from.at();
            next = match next {
                Next::Nothing => return Ok(()),
                Next::Else => {
                    let error = InputError {
                        path: "$".to_owned(),
                        message: "expected `,` behind a request".to_owned(),
                        line: 1,
                        column: 1,
                        others: Vec::new(),
                    };
                    return Err(error.behind(&json[..from.at()]));
                }
                // All that can be decided so is decided by the same instance.
                Next::Request if self.is_direct() => {
                    let decided = self.run(|instance| {
                        loop {
                            begin = from.at();
                            let laid = instance.lay_json(&mut from, |name| terms.action(name))?;
                            let Some((laid, action)) = laid else {
                                from.go_to(begin);
                                return Ok(Next::Closely);
                            };
                            let decided = self.decision(laid.evaluate()?, action);
                            self.check(&decided, &json[begin..from.at()], &|| now.get());
                            match told(each(decided), &mut from) {
                                Next::Request if instance.is_worth_keeping() => {}
                                next => return Ok(next),
                            }
                        }
                    });
                    match decided {
                        Ok(next) => next,
                        Err(error) if from.at() > begin => told(each(Err(error)), &mut from),
                        // There is no instance: whatever is wrong with the text comes first.
                        Err(_) => Next::Closely,
                    }
                }
                Next::Request | Next::Closely => {
                    from.go_to(read_next(&mut request, json, from.at(), &clock)?);
                    told(each(self.evaluate(&request)), &mut from)
                }
            };
        }
    }

    /// Whether a request can be laid out in its memory.
    fn is_direct(&self) -> bool {
        matches!(self.inner.code, Code::Direct(_))
    }

    /// Reads the request that `json` is, and decides it.
    fn read(&self, json: &[u8], clock: &dyn Fn() -> i64) -> Result<Decision<'_>, JsonError> {
        Ok(self.evaluate(&Request::from_json(json, clock)?)?)
    }

    /// In a debug build what was decided of `json` is decided once more of the request that it is.
    fn check(
        &self,
        decided: &Result<Decision<'_>, EvaluateError>,
        json: &[u8],
        clock: &dyn Fn() -> i64,
    ) {
        if cfg!(debug_assertions) {
            let request = Request::from_json(json, clock).expect("it is a request");
            let read = self.evaluate(&request);
            assert_eq!(
                format!("{decided:?}"),
                format!("{read:?}"),
                "{}",
                String::from_utf8_lossy(json)
            );
        }
    }
}

/// Reads the request that begins `at` so many bytes of `json` over `request`, strictly; gives where it ends.
fn read_next(
    request: &mut Request,
    json: &[u8],
    at: usize,
    clock: &dyn Fn() -> i64,
) -> Result<usize, InputError> {
    let (before, rest) = json.split_at(at);
    let begin = json.len() - trim_json_start(rest).len();
    let text = <&RawValue>::deserialize(&mut serde_json::Deserializer::from_slice(rest))
        .map_err(|error| InputError::new(None, &error).behind(before))?
        .get();
    let read = request.read_json(text.as_bytes(), clock);
    read.map_err(|error| error.behind(&json[..begin]))?;
    Ok(begin + text.len())
}

/// What comes behind a request that was told.
fn told(flow: ControlFlow<()>, from: &mut Cursor<'_, '_>) -> Next {
    if flow.is_break() || from.is_at_end() {
        Next::Nothing
    } else if from.pass(b',').is_some() {
        Next::Request
    } else {
        Next::Else
    }
}
