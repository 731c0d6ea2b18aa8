//! The functions that ask an action's requirements: groups by the value of a fact, long runs once for all actions
//! that share them, and the rest one by one.
//!
//! Always true here: the indices of what is unmet are written in rising order.

use std::collections::BTreeMap;

use wasm_encoder::{Instruction as I, ValType};

use super::expr::Body;
use super::function::Code;
use super::{Emitter, Task};
use crate::ir::{Expr, Kind};
use crate::rules::When;

/// The most steps of one function: a larger one is slow to compile to machine code.
const CHUNK: usize = 200;

/// Requirements in a row for the same actions are asked by a function of their own if there are so many: a call more
/// is little beside them, and their conditions are written but once.
const LONG: usize = 16;

/// The most requirements of such a function, whose conditions may be written out in it.
const RUN: usize = 64;

/// A larger condition, or one with a loop in it, takes longer than the call of its function.
const WRITTEN_OUT: usize = 32;

/// One step of a function that asks, and when it is taken.
struct Step {
    what: What,
    when: When,
}

enum What {
    Requirement(usize),
    /// The function that asks a run.
    Run(Vec<usize>),
}

/// What an action's functions do: steps in the order of requirements, then groups.
struct Plan {
    steps: Vec<Step>,
    groups: Vec<u32>,
}

/// How many functions ask each requirement, and the functions of runs once they are written.
struct Askers {
    of: Vec<usize>,
    runs: BTreeMap<Vec<usize>, Option<u32>>,
}

impl Emitter<'_> {
    /// For each action the functions `(out, request) -> out` that write the indices of its requirements that do not
    /// hold, to be called in turn.
    pub(super) fn asked(&mut self) -> Vec<Vec<u32>> {
        let lists = self.by_action();
        let mut plans: BTreeMap<&[(usize, When)], Plan> = BTreeMap::new();
        for list in &lists {
            if !plans.contains_key(&**list) {
                let plan = self.plan(list);
                plans.insert(list, plan);
            }
        }
        let mut askers = self.askers(plans.values());
        let functions: BTreeMap<_, Vec<u32>> = plans
            .iter()
            .map(|(list, plan)| {
                let chunks = plan.steps.chunks(CHUNK);
                let mut functions: Vec<u32> =
                    chunks.map(|steps| self.asks(steps, &mut askers)).collect();
                functions.extend(&plan.groups);
                (*list, functions)
            })
            .collect();
        lists
            .iter()
            .map(|list| functions[&**list].clone())
            .collect()
    }

    fn plan(&mut self, list: &[(usize, When)]) -> Plan {
        let split = self.selection.split(list);
        let groups = split
            .groups
            .iter()
            .map(|group| self.visits(group))
            .collect();
        let rules = self.rules;
        let actions = |index: usize| &rules.requirements[index].actions;
        let mut steps = Vec::new();
        for row in split
            .rest
            .chunk_by(|(a, _), (b, _)| actions(*a) == actions(*b))
        {
            // Requirements for the same actions apply to each of them at the same times.
            let when = &row[0].1;
            let indices: Vec<usize> = row.iter().map(|(index, _)| *index).collect();
            let whats: Vec<What> = if row.len() < LONG {
                indices.into_iter().map(What::Requirement).collect()
            } else {
                let runs = indices.chunks(RUN);
                runs.map(|run| What::Run(run.to_vec())).collect()
            };
            steps.extend(whats.into_iter().map(|what| Step {
                what,
                when: when.clone(),
            }));
        }
        Plan { steps, groups }
    }

    fn askers<'p>(&self, plans: impl Iterator<Item = &'p Plan>) -> Askers {
        let mut askers = Askers {
            of: vec![0; self.rules.requirements.len()],
            runs: BTreeMap::new(),
        };
        for step in plans.flat_map(|plan| &plan.steps) {
            match &step.what {
                What::Requirement(index) => askers.of[*index] += 1,
                What::Run(run) => {
                    if askers.runs.insert(run.clone(), None).is_none() {
                        for index in run {
                            askers.of[*index] += 1;
                        }
                    }
                }
            }
        }
        askers
    }

    /// `(out, request) -> out`: takes the steps.
    fn asks(&mut self, steps: &[Step], askers: &mut Askers) -> u32 {
        let runs: Vec<Option<u32>> = steps
            .iter()
            .map(|step| match &step.what {
                What::Requirement(_) => None,
                What::Run(run) => Some(self.run(run, askers)),
            })
            .collect();
        let function = self.declare(&[ValType::I32; 2], &[ValType::I32]);
        let mut asking = Asking::new(self);
        let mut memberships: BTreeMap<&When, u32> = BTreeMap::new();
        let steps: Vec<(&Step, Option<u32>)> = steps.iter().zip(runs).collect();
        for together in steps.chunk_by(|(a, _), (b, _)| a.when == b.when) {
            let when = &together[0].0.when;
            if *when != When::Always {
                asking.pause();
                let body = &mut asking.body;
                let applies = *memberships.entry(when).or_insert_with(|| {
                    let local = body.code.local(ValType::I32);
                    body.membership_holds(when, None);
                    body.code.set(local);
                    local
                });
                body.code.get(applies).if_empty();
            }
            for (step, run) in together {
                match (&step.what, run) {
                    (What::Requirement(index), _) => asking.requirement(*index, askers),
                    (What::Run(_), Some(function)) => asking.call(*function),
                    (What::Run(_), None) => unreachable!("every run has its function"),
                }
            }
            if *when != When::Always {
                asking.pause();
                asking.body.code.end();
            }
        }
        let code = asking.finish();
        self.define(function, code);
        function
    }

    fn run(&mut self, run: &[usize], askers: &mut Askers) -> u32 {
        if let Some(Some(known)) = askers.runs.get(run) {
            return *known;
        }
        let function = self.declare(&[ValType::I32; 2], &[ValType::I32]);
        let mut asking = Asking::new(self);
        for index in run {
            asking.requirement(*index, askers);
        }
        let code = asking.finish();
        self.define(function, code);
        askers.runs.insert(run.to_vec(), Some(function));
        function
    }
}

/// A function `(out, request) -> out` while it is written: calls that hand on `out`, and conditions written out.
struct Asking<'e, 'r> {
    body: Body<'e, 'r>,
    /// Whether `out` is on the stack, and not in its local.
    handing_on: bool,
}

impl<'e, 'r> Asking<'e, 'r> {
    fn new(emitter: &'e mut Emitter<'r>) -> Self {
        Self {
            body: Body::of_condition(emitter, None),
            handing_on: false,
        }
    }

    fn requirement(&mut self, index: usize, askers: &Askers) {
        let conditions = self.body.emitter.conditions.clone();
        let task = Task::Condition {
            index,
            action: None,
        };
        let (uses, rules) = (&self.body.emitter.uses, self.body.emitter.rules);
        // Where nobody else asks it, its function would only make the component larger.
        if askers.of[index] == 1 && !uses.is_shared(&task, rules) && is_brief(&conditions[index]) {
            self.written_out(index, &conditions[index]);
        } else {
            let function = self.body.emitter.function(task);
            self.call(function);
        }
    }

    fn call(&mut self, function: u32) {
        if !self.handing_on {
            self.body.code.get(0);
            self.handing_on = true;
        }
        self.body.code.get(1).call(function);
    }

    fn written_out(&mut self, index: usize, condition: &Expr) {
        self.pause();
        self.body.fails(condition);
        self.body.code.if_empty();
        self.body.write_index(index);
        self.body.code.get(0).word(4).add().set(0).end();
    }

    /// Puts `out` into its local.
    fn pause(&mut self) {
        if self.handing_on {
            self.body.code.set(0);
            self.handing_on = false;
        }
    }

    fn finish(mut self) -> Code {
        if !self.handing_on {
            self.body.code.get(0);
        }
        self.body.code
    }
}

impl Body<'_, '_> {
    /// Leaves whether the condition does not hold: negated as far within as it goes.
    fn fails(&mut self, condition: &Expr) {
        match &condition.kind {
            Kind::Not(a) => self.expr(a),
            Kind::Or(a, b) => {
                self.fails(a);
                self.code.if_word();
                self.fails(b);
                self.code.otherwise().word(0).end();
            }
            _ => {
                self.expr(condition);
                self.code.op(I::I32Eqz);
            }
        }
    }
}

/// Whether the condition is written out where it is asked.
fn is_brief(condition: &Expr) -> bool {
    fn has_loop(expr: &Expr) -> bool {
        matches!(expr.kind, Kind::Quantified { .. } | Kind::Holds(..))
            || expr.children().into_iter().any(has_loop)
    }
    condition.parts() <= WRITTEN_OUT && !has_loop(condition)
}
