# Sourced by suites that ask the program: it is built, and `SCOPEGATE` names it.
cargo build --workspace --locked --quiet
SCOPEGATE="${CARGO_TARGET_DIR:-$PWD/target}/debug/scopegate"
export SCOPEGATE
