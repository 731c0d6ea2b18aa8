//! What the operator allows one policy.
//!
//! Always true here: what is not said is as the engine has it, so an operator only writes down what differs.

use std::time::Duration;

use scopegate::{Engine, Limits};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::store::Store;
use crate::version::check_name;

/// What one policy may cost and import, where that differs from what all may.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Allowance {
    /// Whether it may import WASI 0.2, and is given an empty one: see [`Engine::with_wasi`].
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub wasi: bool,
    /// [`Limits::memory_bytes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// [`Limits::time`], in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_ms: Option<u64>,
    /// [`Limits::fuel`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// [`Limits::component_bytes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component_bytes: Option<u64>,
    /// [`Limits::result_bytes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_bytes: Option<u64>,
    /// [`Limits::compile_time`], in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compile_ms: Option<u64>,
    /// [`Limits::compile_bytes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compile_bytes: Option<u64>,
}

impl Allowance {
    /// `engine`, as it loads a policy with this allowance.
    pub fn engine(&self, engine: &Engine) -> Engine {
        let engine = engine.with_limits(self.limits(engine.limits()));
        if self.wasi {
            engine.with_wasi()
        } else {
            engine
        }
    }

    /// The limits that hold, where `limits` hold for all.
    pub fn limits(&self, limits: &Limits) -> Limits {
        let size = |given: Option<u64>, other: usize| {
            given.map_or(other, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX))
        };
        let time = |given: Option<u64>, other| given.map_or(other, Duration::from_millis);
        Limits {
            memory_bytes: self.memory_bytes.unwrap_or(limits.memory_bytes),
            time: time(self.time_ms, limits.time),
            fuel: self.fuel.unwrap_or(limits.fuel),
            component_bytes: size(self.component_bytes, limits.component_bytes),
            result_bytes: size(self.result_bytes, limits.result_bytes),
            compile_time: time(self.compile_ms, limits.compile_time),
            compile_bytes: self.compile_bytes.unwrap_or(limits.compile_bytes),
            ..limits.clone()
        }
    }
}

impl Store {
    /// What a policy is allowed, whether the store has it or not.
    ///
    /// # Errors
    ///
    /// The settings cannot be read, or the name is none.
    pub fn allowance(&self, name: &str) -> Result<Allowance, StoreError> {
        check_name(name)?;
        let mut settings = self.settings()?;
        Ok(settings.allowances.remove(name).unwrap_or_default())
    }

    /// Allows a policy that, and nothing else, from its next load on.
    ///
    /// # Errors
    ///
    /// The settings cannot be read or written, or the name is none.
    pub fn allow(&self, name: &str, allowance: &Allowance) -> Result<(), StoreError> {
        check_name(name)?;
        let _lock = self.lock()?;
        let mut settings = self.settings()?;
        if *allowance == Allowance::default() {
            settings.allowances.remove(name);
        } else {
            settings
                .allowances
                .insert(name.to_owned(), allowance.clone());
        }
        self.write_settings(&settings)
    }
}
