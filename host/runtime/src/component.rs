//! The component path: an instance of the whole component, called through its typed functions.
//!
//! Always true here: the component imports nothing, or an empty world where that is allowed, and exports the contract's functions; an instance whose call failed is not called again.

use wasmtime::Store;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, Func, InstancePre, Lift, Linker, Lower,
    TypedFunc,
};

use crate::contract::{Evaluated, Explained, RawDecision, RawEvaluationError};
use crate::engine::Engine;
use crate::error::{EvaluateError, LoadError};
use crate::facts::{AccessMode, Request};
use crate::fault::Fault;
use crate::judged::Judged;
use crate::manifest::Manifest;
use crate::policy::Origin;
use crate::store::{self, Held};
use crate::wasi;

/// What `evaluate` gives, as the component hands it over.
type Lifted = Result<RawDecision<Vec<u32>, Vec<AccessMode>>, RawEvaluationError>;

/// A component from which instances are made.
pub(crate) struct ComponentCode {
    engine: Engine,
    origin: Origin,
    imports: Vec<String>,
    instance: InstancePre<Held>,
    describe: ComponentExportIndex,
    evaluate: ComponentExportIndex,
    evaluate_batch: ComponentExportIndex,
    explain: ComponentExportIndex,
}

/// A running instance.
pub(crate) struct ComponentInstance {
    engine: Engine,
    origin: Origin,
    store: Store<Held>,
    describe: Func,
    evaluate: Func,
    evaluate_batch: Func,
    explain: Func,
}

impl ComponentCode {
    /// Checks what `component` imports and exports. The types of its functions are checked by the first instance.
    pub(crate) fn new(
        engine: &Engine,
        origin: Origin,
        component: &Component,
    ) -> Result<Self, LoadError> {
        let half = engine.watched(origin.into());
        let imports = imports(engine, half, component)?;
        let interface = component
            .get_export_index(None, scopegate_contract::INTERFACE)
            .ok_or_else(|| LoadError::MissingExport {
                name: scopegate_contract::INTERFACE.to_owned(),
            })?;
        let function = |name| match component.get_export(Some(&interface), name) {
            Some((ComponentItem::ComponentFunc(_), index)) => Ok(index),
            Some(_) => Err(LoadError::WrongType {
                name: export(name),
                source: "it is not a function".into(),
            }),
            None => Err(LoadError::MissingExport { name: export(name) }),
        };
        let mut linker = Linker::new(half);
        wasi::link(&mut linker, component, &imports)
            .map_err(|error| LoadError::Invalid(error.into()))?;
        Ok(Self {
            engine: engine.clone(),
            origin,
            imports,
            describe: function("describe")?,
            evaluate: function("evaluate")?,
            evaluate_batch: function("evaluate-batch")?,
            explain: function("explain")?,
            instance: linker
                .instantiate_pre(component)
                .map_err(|error| LoadError::Invalid(error.into()))?,
        })
    }

    /// What it imports.
    pub(crate) fn imports(&self) -> &[String] {
        &self.imports
    }

    /// The first instance, and what it says it is. Shows that every instance has the contract's types.
    pub(crate) fn first(&self) -> Result<(ComponentInstance, Manifest), LoadError> {
        let mut instance = self.start()?;
        let describe = instance.typed::<(), (Manifest,)>("describe", instance.describe)?;
        instance.typed::<(&Request,), (Lifted,)>("evaluate", instance.evaluate)?;
        instance
            .typed::<(&[Request],), (Vec<Lifted>,)>("evaluate-batch", instance.evaluate_batch)?;
        instance.typed::<(&Request,), (Explained,)>("explain", instance.explain)?;
        let (manifest,) = instance.call(describe, ())?;
        Ok((instance, manifest))
    }

    /// Another instance, whose types the first has shown.
    pub(crate) fn start(&self) -> Result<ComponentInstance, Fault> {
        let mut store = store::open(&self.engine, self.origin.into());
        let instance = match self.instance.instantiate(&mut store) {
            Ok(instance) => instance,
            Err(error) => return Err(Fault::new(error, &store.data().quota, self.engine.limits())),
        };
        let mut function = |index: &ComponentExportIndex| {
            instance
                .get_func(&mut store, index)
                .expect("`ComponentCode::new` has seen that the export is a function")
        };
        let (describe, evaluate) = (function(&self.describe), function(&self.evaluate));
        let (evaluate_batch, explain) = (function(&self.evaluate_batch), function(&self.explain));
        Ok(ComponentInstance {
            engine: self.engine.clone(),
            origin: self.origin,
            store,
            describe,
            evaluate,
            evaluate_batch,
            explain,
        })
    }
}

impl ComponentInstance {
    pub(crate) fn evaluate(&mut self, request: &Request) -> Result<Evaluated, EvaluateError> {
        self.size(request)?;
        self.tell_time(request);
        // SAFETY: `ComponentCode::first` has shown, for this code, that the function has this type.
        let evaluate = unsafe { TypedFunc::<(&Request,), (Lifted,)>::new_unchecked(self.evaluate) };
        let (lifted,) = self.call(evaluate, (request,))?;
        Ok(lifted.map(Judged::from).map_err(Box::new))
    }

    /// Decides the requests in one call.
    pub(crate) fn evaluate_batch(&mut self, requests: &[Request]) -> Result<Vec<Evaluated>, Fault> {
        // SAFETY: `ComponentCode::first` has shown, for this code, that the function has this type.
        let evaluate_batch = unsafe {
            TypedFunc::<(&[Request],), (Vec<Lifted>,)>::new_unchecked(self.evaluate_batch)
        };
        let (lifted,) = self.call(evaluate_batch, (requests,))?;
        Ok(lifted
            .into_iter()
            .map(|lifted| lifted.map(Judged::from).map_err(Box::new))
            .collect())
    }

    pub(crate) fn explain(&mut self, request: &Request) -> Result<Explained, EvaluateError> {
        self.size(request)?;
        self.tell_time(request);
        // SAFETY: `ComponentCode::first` has shown, for this code, that the function has this type.
        let explain =
            unsafe { TypedFunc::<(&Request,), (Explained,)>::new_unchecked(self.explain) };
        let (explained,) = self.call(explain, (request,))?;
        Ok(explained)
    }

    /// Sets its clock, if it has one.
    fn tell_time(&mut self, request: &Request) {
        self.store.data_mut().world.now = request.now.try_into().unwrap_or(0);
    }

    /// Bytes of linear memory it has now.
    pub(crate) fn bytes(&self) -> usize {
        self.store.data().quota.bytes()
    }

    /// Refuses a request that is larger than it may be, before anything of it crosses.
    fn size(&self, request: &Request) -> Result<(), EvaluateError> {
        let (bytes, limit) = (request.bytes(), self.engine.limits().request_bytes);
        if bytes > limit {
            Err(EvaluateError::RequestTooLarge { bytes, limit })
        } else {
            Ok(())
        }
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

    fn call<P, R>(&mut self, function: TypedFunc<P, R>, parameters: P) -> Result<R, Fault>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        store::allot(&mut self.store, &self.engine, self.origin.into());
        let result = function.call(&mut self.store, parameters);
        result.map_err(|error| Fault::new(error, &self.store.data().quota, self.engine.limits()))
    }
}

/// What `component` imports, if it may.
fn imports(
    engine: &Engine,
    half: &wasmtime::Engine,
    component: &Component,
) -> Result<Vec<String>, LoadError> {
    let ty = component.component_type();
    let imports: Vec<_> = ty.imports(half).map(|(name, _)| name.to_owned()).collect();
    let is_refused = |name: &&String| !(engine.allows_wasi() && wasi::is_there(name));
    match imports.iter().find(is_refused) {
        None => Ok(imports),
        Some(name) => Err(LoadError::Imports {
            name: name.clone(),
            is_wasi: imports.iter().all(|name| wasi::is_there(name)),
        }),
    }
}

/// The name of a function of the contract, in full.
fn export(name: &str) -> String {
    format!("{}#{name}", scopegate_contract::INTERFACE)
}
