//! A component that fits the contract, compiled: what instances are made from.
//!
//! Always true here: it imports nothing, and exports the contract's functions.

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker};

use crate::engine::Engine;
use crate::error::LoadError;
use crate::policy::Origin;
use crate::quota::Quota;

/// A component from which instances are made.
pub(crate) struct Code {
    pub(crate) engine: Engine,
    pub(crate) origin: Origin,
    pub(crate) instance: InstancePre<Quota>,
    pub(crate) describe: ComponentExportIndex,
    pub(crate) evaluate: ComponentExportIndex,
    pub(crate) evaluate_batch: ComponentExportIndex,
    pub(crate) explain: ComponentExportIndex,
}

impl Code {
    /// Checks what `component` imports and exports. The types of its functions are checked by the first instance.
    pub(crate) fn new(
        engine: &Engine,
        origin: Origin,
        component: &Component,
    ) -> Result<Self, LoadError> {
        let half = engine.half(origin);
        if let Some((name, _)) = component.component_type().imports(half).next() {
            return Err(LoadError::Imports {
                name: name.to_owned(),
            });
        }
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
        Ok(Self {
            engine: engine.clone(),
            origin,
            describe: function("describe")?,
            evaluate: function("evaluate")?,
            evaluate_batch: function("evaluate-batch")?,
            explain: function("explain")?,
            instance: Linker::new(half)
                .instantiate_pre(component)
                .map_err(|error| LoadError::Invalid(error.into()))?,
        })
    }
}

/// The name of a function of the contract, in full.
pub(crate) fn export(name: &str) -> String {
    format!("{}#{name}", scopegate_contract::INTERFACE)
}
