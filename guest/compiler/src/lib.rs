//! Compiles a rule set to a WebAssembly component.
mod check;
mod condition;
#[allow(missing_docs)]
mod contract;
mod dfa;
mod diagnostic;
mod file;
mod ir;
mod rules;

pub use diagnostic::{Diagnostic, Diagnostics, Severity};

/// Checks.
pub fn check(source: &str) -> Diagnostics {
    let mut out = Diagnostics::default();
    if let Some(file) = file::read(source, &mut out) {
        let (_, more) = check::check(source, &file);
        return more;
    }
    out
}
