//! The way through the compiler, a stage a step.

use std::ops::Range;

use crate::coverage::{self, Ways};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::mutants::{self, Mutant};
use crate::plain::plain_text;
use crate::rules::Rules;
use crate::{check, component, emit, file};

/// The stack of the thread that compiles: room for the deepest conditions that are read.
const STACK_BYTES: usize = 64 << 20;

/// The most bytes of a component's module: as many as hosts load by default.
pub const COMPONENT_BYTES: usize = 32 << 20;

/// A component and what the compiler noticed on the way.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The component's bytes: the same for the same text and compiler, everywhere.
    pub component: Vec<u8>,
    /// What has no effect; never an error.
    pub warnings: Diagnostics,
}

/// Compiles the text of a rule set, read as [`plain_text`] has it.
///
/// # Errors
/// Everything that is wrong with the text, in its order; or its component would have more than [`COMPONENT_BYTES`].
pub fn compile(source: &str) -> Result<Compiled, Diagnostics> {
    compile_within(source, COMPONENT_BYTES)
}

/// Compiles the text of a rule set to a component whose module has at most `most` bytes.
///
/// # Errors
/// As for [`compile`], with that bound.
pub fn compile_within(source: &str, most: usize) -> Result<Compiled, Diagnostics> {
    let source = &*plain_text(source);
    on_a_large_stack(|| {
        let (rules, diagnostics) = checked(source);
        match rules {
            Some(rules) => Ok(Compiled {
                component: write(&rules, source, most)?,
                warnings: diagnostics,
            }),
            None => Err(diagnostics),
        }
    })
}

fn checked(source: &str) -> (Option<Rules>, Diagnostics) {
    let mut out = Diagnostics::default();
    if let Some(file) = file::read(source, &mut out) {
        return check::check(source, &file);
    }
    out.sort();
    (None, out)
}

fn write(rules: &Rules, source: &str, most: usize) -> Result<Vec<u8>, Diagnostics> {
    let digest = component::digest(source.as_bytes());
    let module = emit::module(rules, &digest, most).map_err(|emit::TooLarge| too_large(most))?;
    Ok(component::component(module, emit::work(rules), source))
}

/// The component of rules that are tested, of whatever size.
fn write_any(rules: &Rules, source: &str) -> Vec<u8> {
    write(rules, source, usize::MAX).expect("no component is larger than memory")
}

fn too_large(most: usize) -> Diagnostics {
    let mut out = Diagnostics::default();
    let message = format!("the component of this rule set would have more than {most} bytes");
    let help = "a condition is written once for each action that `holds` asks it for: ask for fewer actions, or split the rules into several policies";
    out.push(Diagnostic::error(0..0, message, help));
    out
}

fn on_a_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("scopegate-compiler".into())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work)
            .expect("the system has room for a thread");
        match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// A checked rule set, to be tested: which of its clauses matter, and whether its requirements apply and hold.
pub struct RuleSet {
    rules: Rules,
    source: String,
    warnings: Diagnostics,
}

impl RuleSet {
    /// Checks the text of a rule set, read as [`plain_text`] has it.
    ///
    /// # Errors
    /// Everything that is wrong with the text, in its order.
    pub fn check(source: &str) -> Result<Self, Diagnostics> {
        let source = &*plain_text(source);
        let (rules, diagnostics) = on_a_large_stack(|| checked(source));
        match rules {
            Some(rules) => Ok(Self {
                rules,
                source: source.into(),
                warnings: diagnostics,
            }),
            None => Err(diagnostics),
        }
    }

    /// The policy's name.
    pub fn name(&self) -> &str {
        &self.rules.name
    }

    /// The policy's semantic version.
    pub fn version(&self) -> &str {
        &self.rules.version
    }

    /// The ids of the requirements, in the order of findings.
    pub fn requirements(&self) -> impl Iterator<Item = &str> {
        self.rules
            .requirements
            .iter()
            .map(|requirement| requirement.id.as_str())
    }

    /// The actions that the requirement with this id names.
    pub fn actions_of(&self, requirement: &str) -> Vec<&str> {
        let found = self.rules.requirements.iter().find(|r| r.id == requirement);
        let actions = found.into_iter().flat_map(|r| r.actions.keys());
        actions
            .map(|action| &*self.rules.actions[*action])
            .collect()
    }

    /// Whether a decision can depend on the fact at `path`, such as `scan.targets[].url` or `attributes.seats`, or on something in it, beyond
    /// whether it is there and within the limits.
    pub fn depends_on(&self, path: &str) -> bool {
        emit::depends_on(&self.rules, path)
    }

    /// What in the text has no effect.
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// The component of the rule set.
    ///
    /// # Errors
    /// It would have more than [`COMPONENT_BYTES`].
    pub fn component(&self) -> Result<Vec<u8>, Diagnostics> {
        on_a_large_stack(|| write(&self.rules, &self.source, COMPONENT_BYTES))
    }

    /// A component for measuring the coverage of tests, never for deciding: its ready states are, for each
    /// requirement in order, `applies_<n>` (the action is named and the guard holds) and `holds_<n>`.
    pub fn coverage_component(&self) -> Vec<u8> {
        let mut rules = self.rules.clone();
        rules.ready = coverage::states(&rules);
        on_a_large_stack(|| write_any(&rules, &self.source))
    }

    /// A component for saying why requirements are or are not met, never for deciding: beside each requirement, of number `n` from 0, it
    /// has `met-<n>`, unmet where the requirement applies and holds, and `guard-<n>`, unmet where its guard does not hold.
    pub fn reasons_component(&self) -> Vec<u8> {
        let rules = coverage::reasons(&self.rules);
        on_a_large_stack(|| write_any(&rules, &self.source))
    }

    /// For each requirement, in order, the ways in which a request can see it.
    pub fn ways(&self) -> Vec<Ways> {
        on_a_large_stack(|| coverage::ways(&self.rules))
    }

    /// For each requirement, in order, where its id, its guard and its condition are written: bytes of the text.
    pub fn places(&self) -> Vec<Vec<Range<usize>>> {
        let places = self.rules.requirements.iter().map(|requirement| {
            let conditions = requirement.given.iter().chain([&requirement.must]);
            let conditions = conditions.map(|condition| condition.span.clone());
            std::iter::once(requirement.span.clone())
                .chain(conditions)
                .collect()
        });
        places.collect()
    }

    /// Every mutant: requirements, guards, clauses, boundaries of comparisons, members of lists and rows of tables, each changed in turn.
    pub fn mutants(&self) -> Vec<Mutant> {
        on_a_large_stack(|| mutants::all(&self.source, &self.rules))
    }

    /// The component of the mutant; none if the compiler refuses it, so that nobody can have written it.
    pub fn component_of(&self, mutant: &Mutant) -> Option<Vec<u8>> {
        on_a_large_stack(|| {
            mutant.texts(&self.source).find_map(|text| {
                let (rules, _) = checked(&text);
                write(&rules?, &text, COMPONENT_BYTES).ok()
            })
        })
    }
}
