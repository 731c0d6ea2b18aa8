//! `wit/contract.json` is the contract. `SCOPEGATE_WRITE_CONTRACT=1` writes it anew.

use std::fs;
use std::path::PathBuf;

#[test]
fn as_json() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../wit/contract.json");
    let json = serde_json::to_string_pretty(&scopegate_tests::contract::json())
        .expect("it is JSON")
        + "\n";
    if std::env::var_os("SCOPEGATE_WRITE_CONTRACT").is_some() {
        fs::write(&file, &json).expect("it can be written");
    }
    let written = fs::read_to_string(&file).expect("it is there");
    assert!(
        written == json,
        "`wit/contract.json` is not what `gate.wit` says: SCOPEGATE_WRITE_CONTRACT=1 writes it anew"
    );
}
