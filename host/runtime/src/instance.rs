//! One running instance of a policy, and the calls it answers.
//!
//! Always true here: each call has its own time and fuel, and an instance whose call failed is not called again.

use wasmtime::Store;
use wasmtime::component::{ComponentExportIndex, ComponentNamedList, Func, Lift, Lower, TypedFunc};

use crate::code::{Code, export};
use crate::contract::{RawDecision, RawEvaluationError, RawExplanation};
use crate::error::LoadError;
use crate::facts::Request;
use crate::fault::Fault;
use crate::manifest::Manifest;
use crate::policy::Origin;
use crate::quota::Quota;

/// What an evaluation gives, as the policy says it.
pub(crate) type Evaluated = Result<RawDecision, RawEvaluationError>;

/// What an explanation gives, as the policy says it.
pub(crate) type Explained = Result<Vec<RawExplanation>, RawEvaluationError>;

/// The bytes that an instance's memory may have grown by and still be used again.
const KEPT_GROWTH_BYTES: usize = 1 << 20;

/// A running instance.
pub(crate) struct Instance {
    store: Store<Quota>,
    describe: Func,
    evaluate: Func,
    evaluate_batch: Func,
    explain: Func,
    /// The bytes of memory it started with.
    start_bytes: usize,
}

impl Instance {
    /// The first instance of `code`, and what it says it is. Shows that every instance of `code` has the contract's types.
    pub(crate) fn first(code: &Code) -> Result<(Self, Manifest), LoadError> {
        let mut instance = Self::start(code)?;
        let describe = instance.typed::<(), (Manifest,)>("describe", instance.describe)?;
        instance.typed::<(&Request,), (Evaluated,)>("evaluate", instance.evaluate)?;
        instance
            .typed::<(&[Request],), (Vec<Evaluated>,)>("evaluate-batch", instance.evaluate_batch)?;
        instance.typed::<(&Request,), (Explained,)>("explain", instance.explain)?;
        let (manifest,) = instance.call(code, describe, ())?;
        Ok((instance, manifest))
    }

    /// Another instance of `code`, whose types the first has shown.
    pub(crate) fn start(code: &Code) -> Result<Self, Fault> {
        let limits = code.engine.limits();
        let mut store = Store::new(
            code.engine.half(code.origin),
            Quota::new(limits.memory_bytes),
        );
        store.limiter(|quota| quota);
        store.set_hostcall_fuel(limits.result_bytes);
        allot(&mut store, code);
        let instance = match code.instance.instantiate(&mut store) {
            Ok(instance) => instance,
            Err(error) => return Err(Fault::new(error, store.data(), limits)),
        };
        let mut function = |index: &ComponentExportIndex| {
            instance
                .get_func(&mut store, index)
                .expect("`Code::new` has seen that the export is a function")
        };
        let (describe, evaluate) = (function(&code.describe), function(&code.evaluate));
        let (evaluate_batch, explain) = (function(&code.evaluate_batch), function(&code.explain));
        let start_bytes = store.data().bytes();
        Ok(Self {
            store,
            describe,
            evaluate,
            evaluate_batch,
            explain,
            start_bytes,
        })
    }

    pub(crate) fn evaluate(&mut self, code: &Code, request: &Request) -> Result<Evaluated, Fault> {
        // SAFETY: `Instance::first` has shown, for this code, that the function has this type.
        let evaluate =
            unsafe { TypedFunc::<(&Request,), (Evaluated,)>::new_unchecked(self.evaluate) };
        self.call(code, evaluate, (request,))
            .map(|(evaluated,)| evaluated)
    }

    pub(crate) fn evaluate_batch(
        &mut self,
        code: &Code,
        requests: &[Request],
    ) -> Result<Vec<Evaluated>, Fault> {
        // SAFETY: `Instance::first` has shown, for this code, that the function has this type.
        let evaluate_batch = unsafe {
            TypedFunc::<(&[Request],), (Vec<Evaluated>,)>::new_unchecked(self.evaluate_batch)
        };
        self.call(code, evaluate_batch, (requests,))
            .map(|(evaluated,)| evaluated)
    }

    pub(crate) fn explain(&mut self, code: &Code, request: &Request) -> Result<Explained, Fault> {
        // SAFETY: `Instance::first` has shown, for this code, that the function has this type.
        let explain =
            unsafe { TypedFunc::<(&Request,), (Explained,)>::new_unchecked(self.explain) };
        self.call(code, explain, (request,))
            .map(|(explained,)| explained)
    }

    /// Whether it is small enough to wait for another decision.
    pub(crate) fn is_worth_keeping(&self) -> bool {
        self.store.data().bytes() - self.start_bytes <= KEPT_GROWTH_BYTES
    }

    fn typed<P, R>(&self, name: &str, function: Func) -> Result<TypedFunc<P, R>, LoadError>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        let typed = function.typed(&self.store);
        typed.map_err(|error| LoadError::WrongType {
            name: export(name),
            source: error.into(),
        })
    }

    fn call<P, R>(
        &mut self,
        code: &Code,
        function: TypedFunc<P, R>,
        parameters: P,
    ) -> Result<R, Fault>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        allot(&mut self.store, code);
        let result = function.call(&mut self.store, parameters);
        result.map_err(|error| Fault::new(error, self.store.data(), code.engine.limits()))
    }
}

/// Gives the next call in `store` its time and fuel.
fn allot(store: &mut Store<Quota>, code: &Code) {
    store.data_mut().forgive();
    store.set_epoch_deadline(code.engine.deadline_ticks());
    if code.origin == Origin::Foreign {
        store
            .set_fuel(code.engine.limits().fuel)
            .expect("the foreign half of an engine counts fuel");
    }
}
