//! Compiles a rule set to a WebAssembly component.
