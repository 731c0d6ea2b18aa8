//! The floor: a component with the contract's signature that decides nothing, called as the runtime calls policies.

use scopegate::Request;
use wasmtime::component::{Component, ComponentType, Lift, Linker, TypedFunc};
use wasmtime::{Config, Engine, Store};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

/// Takes any request, and allows it: what is measured is the way in and out.
const MODULE: &str = r#"(module
  (memory (export "memory") 2)
  (global $heap (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $heap
      (i32.and
        (i32.add (global.get $heap) (i32.sub (local.get 2) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get 2))))
    (global.get $heap)
    (global.set $heap (i32.add (global.get $heap) (local.get 3))))
  (func (export "scopegate:gate/policy@1.0.0#describe") (result i32) (i32.const 1024))
  (func (export "scopegate:gate/policy@1.0.0#evaluate") (param i32) (result i32)
    (global.set $heap (i32.const 4096)) (i32.const 1024))
  (func (export "scopegate:gate/policy@1.0.0#evaluate-batch") (param i32 i32) (result i32) (i32.const 1024))
  (func (export "scopegate:gate/policy@1.0.0#explain") (param i32) (result i32) (i32.const 1024)))"#;

#[derive(ComponentType, Lift)]
#[component(record)]
struct Decision {
    verdict: scopegate::Verdict,
    unmet: Vec<u32>,
    ready: Vec<u32>,
    fallbacks: Vec<scopegate::AccessMode>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
struct EvaluationError {
    path: String,
    problem: scopegate::Problem,
    message: String,
}

type Evaluate = TypedFunc<(&'static Request,), (Result<Decision, EvaluationError>,)>;

/// The empty component, running.
pub struct Empty {
    store: Store<()>,
    evaluate: Evaluate,
}

impl Default for Empty {
    fn default() -> Self {
        Self::new()
    }
}

impl Empty {
    /// Starts it, on an engine configured as the runtime's is.
    pub fn new() -> Self {
        let mut config = Config::new();
        config
            .concurrency_support(false)
            .epoch_interruption(true)
            .cranelift_nan_canonicalization(true);
        let engine = Engine::new(&config).expect("this machine runs WebAssembly");
        let component = Component::new(&engine, component()).expect("the component is valid");
        let mut store = Store::new(&engine, ());
        store.set_epoch_deadline(1);
        let instance = Linker::new(&engine)
            .instantiate(&mut store, &component)
            .expect("it imports nothing");
        let interface = instance.get_export_index(&mut store, None, scopegate_contract::INTERFACE);
        let evaluate = instance
            .get_export_index(&mut store, interface.as_ref(), "evaluate")
            .expect("it evaluates");
        let evaluate = instance
            .get_typed_func(&mut store, evaluate)
            .expect("it has the contract's type");
        Self { store, evaluate }
    }

    /// Hands it a request and takes its answer.
    pub fn evaluate(&mut self, request: &'static Request) {
        let (result,) = self
            .evaluate
            .call(&mut self.store, (request,))
            .expect("it cannot fail");
        let decision = result
            .map_err(|error| format!("{}: {} {:?}", error.path, error.message, error.problem))
            .expect("it cannot refuse");
        assert!(matches!(decision.verdict, scopegate::Verdict::Allow));
        std::hint::black_box((decision.unmet, decision.ready, decision.fallbacks));
    }
}

fn component() -> Vec<u8> {
    let mut module = wat::parse_str(MODULE).expect("the module is valid");
    let mut resolve = wit_parser::Resolve::new();
    let package = resolve
        .push_str("gate.wit", scopegate_contract::WIT)
        .expect("the contract is valid");
    let world = resolve
        .select_world(&[package], Some(scopegate_contract::WORLD))
        .expect("the contract has its world");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .expect("it fits the contract");
    let encoded = ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|mut encoder| encoder.encode());
    encoded.expect("it fits the contract")
}
