//! Which of the runtime's functions a policy brings along with their code.
//!
//! Always true here: whatever is called, by way of others too, is among them.

use wasmparser::{BinaryReader, FunctionBody, Operator};

use super::runtime::RUNTIME;

/// For each of the runtime's `count` functions whether it is among `roots`, or called by one of the policy's `bodies`.
pub(super) fn needed<'b>(
    count: usize,
    roots: impl IntoIterator<Item = u32>,
    bodies: impl IntoIterator<Item = &'b [u8]>,
) -> Vec<bool> {
    let mut needed = vec![false; count];
    let mut open: Vec<u32> = roots.into_iter().collect();
    open.extend(bodies.into_iter().flat_map(called));
    while let Some(function) = open.pop() {
        let function = function as usize;
        // What comes behind the runtime's is the policy's own.
        if let Some(is_needed) = needed.get_mut(function)
            && !std::mem::replace(is_needed, true)
        {
            open.extend(called(&RUNTIME.bodies()[function]));
        }
    }
    needed
}

/// The functions that a body calls.
fn called(body: &[u8]) -> Vec<u32> {
    let body = FunctionBody::new(BinaryReader::new(body, 0));
    let operators = body.get_operators_reader();
    let operators = operators.expect("what is emitted is valid").into_iter();
    let called = operators.map(
        |operator| match operator.expect("what is emitted is valid") {
            Operator::Call { function_index } => Some(function_index),
            _ => None,
        },
    );
    called.flatten().collect()
}
