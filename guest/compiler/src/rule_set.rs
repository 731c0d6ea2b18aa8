//! The way through the compiler, a stage a step.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{Expr, Kind};
use crate::rules::{Ready, Rules, When};
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

/// Compiles the text of a rule set.
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

/// A rule set with one clause dropped: tests that are worth their name notice.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// The clause: bytes of the file.
    pub span: std::ops::Range<usize>,
    /// The clause as written.
    pub clause: String,
    /// What it belongs to, such as ``requirement `scope-accepted` ``.
    pub owner: String,
    number: usize,
}

impl RuleSet {
    /// Checks the text of a rule set.
    ///
    /// # Errors
    /// Everything that is wrong with the text, in its order.
    pub fn check(source: &str) -> Result<Self, Diagnostics> {
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
        rules.ready = coverage_states(&rules);
        on_a_large_stack(|| write_any(&rules, &self.source))
    }

    /// Every clause that can be dropped: each side of `&&` and `||`, each guard, each branch of `? :`.
    pub fn mutants(&self) -> Vec<Mutant> {
        let mut mutants = Vec::new();
        let mut number = 0;
        for (owner, expr) in owned_conditions(&self.rules) {
            clauses(expr, &mut |clause| {
                mutants.push(Mutant {
                    span: clause.span.clone(),
                    clause: self
                        .source
                        .get(clause.span.clone())
                        .unwrap_or_default()
                        .into(),
                    owner: owner.clone(),
                    number,
                });
                number += 1;
            });
        }
        mutants
    }

    /// The component of the rule set without the clause.
    pub fn component_without(&self, mutant: &Mutant) -> Vec<u8> {
        let mut rules = self.rules.clone();
        let mut left = mutant.number;
        for expr in owned_conditions_mut(&mut rules) {
            let count = count_clauses(expr);
            if left < count {
                *expr = drop_clause(expr, &mut Some(left));
                break;
            }
            left -= count;
        }
        on_a_large_stack(|| write_any(&rules, &self.source))
    }
}

fn coverage_states(rules: &Rules) -> Vec<Ready> {
    let span = 0..0;
    let boolean = |kind| Expr::new(kind, crate::contract::Type::Bool, span.clone());
    let mut states = Vec::new();
    for (index, requirement) in rules.requirements.iter().enumerate() {
        let mut applies = Expr::bool(false, span.clone());
        for (action, when) in &requirement.actions {
            let text = Expr::text(rules.actions[*action].clone(), span.clone());
            let named = Expr::new(Kind::Action, crate::contract::Type::Text, span.clone());
            let mut here = boolean(Kind::Equal(Box::new(named), Box::new(text)));
            if let When::Any(lists) = when {
                let mut any = Expr::bool(false, span.clone());
                for list in lists {
                    let mut all = Expr::bool(true, span.clone());
                    for membership in list {
                        let membership = rules.memberships[*membership].clone();
                        all = boolean(Kind::And(Box::new(all), Box::new(membership)));
                    }
                    any = boolean(Kind::Or(Box::new(any), Box::new(all)));
                }
                here = boolean(Kind::And(Box::new(here), Box::new(any)));
            }
            applies = boolean(Kind::Or(Box::new(applies), Box::new(here)));
        }
        if let Some(given) = &requirement.given {
            applies = boolean(Kind::And(Box::new(applies), Box::new(given.clone())));
        }
        let holds = boolean(Kind::Holds([index].into(), None));
        states.push(Ready {
            state: format!("applies_{index}"),
            when: applies,
        });
        states.push(Ready {
            state: format!("holds_{index}"),
            when: holds,
        });
    }
    states
}

fn owned_conditions(rules: &Rules) -> Vec<(String, &Expr)> {
    let mut all = Vec::new();
    for definition in &rules.definitions {
        all.push((
            format!("definition `{}`", definition.name),
            &definition.expr,
        ));
    }
    for (index, membership) in rules.memberships.iter().enumerate() {
        all.push((format!("set condition {}", index + 1), membership));
    }
    for requirement in &rules.requirements {
        let owner = format!("requirement `{}`", requirement.id);
        all.extend(requirement.given.iter().map(|given| (owner.clone(), given)));
        all.push((owner, &requirement.must));
    }
    for ready in &rules.ready {
        all.push((format!("ready state `{}`", ready.state), &ready.when));
    }
    if let Some(fallbacks) = &rules.fallbacks {
        let conditions = fallbacks
            .when
            .iter()
            .chain(fallbacks.modes.iter().map(|(_, when)| when));
        all.extend(conditions.map(|when| ("fallbacks".to_string(), when)));
    }
    all
}

fn owned_conditions_mut(rules: &mut Rules) -> Vec<&mut Expr> {
    let mut all: Vec<&mut Expr> = Vec::new();
    all.extend(
        rules
            .definitions
            .iter_mut()
            .map(|definition| &mut definition.expr),
    );
    all.extend(rules.memberships.iter_mut());
    for requirement in &mut rules.requirements {
        all.extend(requirement.given.iter_mut());
        all.push(&mut requirement.must);
    }
    all.extend(rules.ready.iter_mut().map(|ready| &mut ready.when));
    if let Some(fallbacks) = &mut rules.fallbacks {
        all.extend(fallbacks.when.iter_mut());
        all.extend(fallbacks.modes.iter_mut().map(|(_, when)| when));
    }
    all
}

/// The clauses that stand directly in the expression: what dropping one leaves is still a condition.
fn own_clauses(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        Kind::And(a, b) | Kind::Or(a, b) => vec![a, b],
        Kind::If(condition, _, _) => vec![condition],
        Kind::In(_, list) => match &list.kind {
            Kind::List(elements) => elements.iter().collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn clauses<'e>(expr: &'e Expr, found: &mut impl FnMut(&'e Expr)) {
    for clause in own_clauses(expr) {
        found(clause);
    }
    for child in expr.children() {
        clauses(child, found);
    }
}

fn count_clauses(expr: &Expr) -> usize {
    let mut count = 0;
    clauses(expr, &mut |_| count += 1);
    count
}

/// The expression without its clause of that number, counted as `clauses` goes.
///
/// Where the right side may need what the left one proves, dropping the left leaves the right where it can be
/// asked, and lets the rest hold (`&&`) or not (`||`).
fn drop_clause(expr: &Expr, number: &mut Option<usize>) -> Expr {
    if let Some(at) = number {
        let own = own_clauses(expr).len();
        if *at < own {
            let at = *at;
            *number = None;
            return without(expr, at);
        }
        *at -= own;
    }
    expr.map_children(&mut |child| drop_clause(child, number))
}

fn without(expr: &Expr, at: usize) -> Expr {
    let choice = |condition: &Expr, yes: Expr, no: Expr| Expr {
        kind: Kind::If(Box::new(condition.clone()), Box::new(yes), Box::new(no)),
        ..expr.clone()
    };
    let guards = |side: &Expr| {
        side.children().is_empty()
            || matches!(side.kind, Kind::Not(_) | Kind::And(..) | Kind::Or(..))
    };
    match &expr.kind {
        Kind::And(a, b) if at == 0 && guards(a) => {
            choice(a, (**b).clone(), Expr::bool(true, expr.span.clone()))
        }
        Kind::Or(a, b) if at == 0 && guards(a) => {
            choice(a, Expr::bool(false, expr.span.clone()), (**b).clone())
        }
        Kind::And(a, b) | Kind::Or(a, b) => {
            if at == 0 {
                (**b).clone()
            } else {
                (**a).clone()
            }
        }
        Kind::If(condition, yes, no) => choice(
            &Expr {
                kind: Kind::Not(condition.clone()),
                ..(**condition).clone()
            },
            (**yes).clone(),
            (**no).clone(),
        ),
        Kind::In(needle, list) => {
            let mut list = (**list).clone();
            if let Kind::List(elements) = &mut list.kind {
                elements.remove(at);
            }
            Expr {
                kind: Kind::In(needle.clone(), Box::new(list)),
                ..expr.clone()
            }
        }
        _ => expr.clone(),
    }
}
