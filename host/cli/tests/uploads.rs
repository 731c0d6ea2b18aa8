//! Versions that are handed in over HTTP, to a store that asks for signatures.

mod program;

use std::fs;

use program::serving::{Caller, Serving, done, stored};
use program::{json, scopegate};
use scopegate_store::{KeyPair, sign};
use serde_json::Value;
use tempfile::TempDir;

const BOUNDARY: &str = "edge-of-a-part";

fn body(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, bytes) in parts {
        let head =
            format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend(head.as_bytes());
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

struct Administrator(Caller);

impl Administrator {
    fn send(&mut self, method: &str, path: &str, kind: &str, body: &[u8]) -> (u16, Value) {
        let headers = [("authorization", "Bearer secret"), ("content-type", kind)];
        let (status, text) = self.0.send(method, path, &headers, body);
        (status, json(&text))
    }

    /// Hands in parts as a version of `acme`.
    fn put(&mut self, version: &str, parts: &[(&str, &[u8])]) -> (u16, Value) {
        let path = format!("/v1/policies/acme/{version}");
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send("PUT", &path, &kind, &body(parts))
    }

    fn metrics(&mut self) -> String {
        self.0.send("GET", "/metrics", &[], b"").1
    }
}

/// Parts of an upload: their names and bytes.
type Parts<'p> = Vec<(&'p str, &'p [u8])>;

/// A store that asks for signatures, and a version of `acme` for it that is signed.
struct Signed {
    _folder: TempDir,
    store: String,
    tokens: String,
    request: String,
    key: KeyPair,
    component: Vec<u8>,
    signature: String,
}

impl Signed {
    fn new() -> Self {
        let (folder, store, request) = stored();
        let at = |name: &str| {
            let path = folder.path().join(name);
            path.to_str().expect("a path").to_owned()
        };
        let tokens = at("tokens");
        let digest = scopegate_server::Tokens::digest("secret");
        fs::write(&tokens, format!("ops administer {digest}\n")).expect("a file");
        let key = KeyPair::generate().expect("a key");
        fs::write(at("ops.pub"), &key.public).expect("a file");
        // What is there is signed before signatures are asked for.
        for version in ["0.1.0", "0.2.0"] {
            let place = format!("{store}/policies/acme/{version}/policy.wasm");
            let component = fs::read(&place).expect("it is there");
            let signature = sign(&component, &key.secret).expect("a signature");
            fs::write(format!("{place}.minisig"), signature).expect("a file");
        }
        done(&store, &["key", "trust", &at("ops.pub"), "--label", "ops"]);
        done(&store, &["key", "require", "yes"]);
        let rules = include_str!("data/acme/policy.toml").replace("\"0.1.0\"", "\"0.3.0\"");
        fs::write(at("policy.toml"), rules).expect("a file");
        let built = scopegate(&["build", &at("policy.toml"), "-o", &at("acme.wasm")], b"");
        assert_eq!(built.code, 0, "{}", built.stderr);
        let component = fs::read(at("acme.wasm")).expect("it is there");
        let signature = sign(&component, &key.secret).expect("a signature");
        Self {
            _folder: folder,
            store,
            tokens,
            request,
            key,
            component,
            signature,
        }
    }

    fn serving(&self) -> (Serving, Administrator) {
        let serving = Serving::new(&["--store", &self.store, "--tokens", &self.tokens]);
        let ops = Administrator(Caller::new(serving.address));
        (serving, ops)
    }

    /// The component with its signature, and more.
    fn parts<'p>(&'p self, more: &[(&'p str, &'p [u8])]) -> Parts<'p> {
        let mut parts: Parts<'p> = vec![
            ("component", &self.component),
            ("signature", self.signature.as_bytes()),
        ];
        parts.extend(more);
        parts
    }
}

/// A case of the policy, which is right if it is allowed.
fn case(decision: &str) -> String {
    let expect = format!("{{\"decision\": \"{decision}\"}}");
    format!("{{\"name\": \"as it is\", \"base\": \"base\", \"expect\": {expect}}}\n")
}

#[test]
fn what_is_not_signed_or_fails_its_cases_is_refused() {
    let signed = Signed::new();
    let other = KeyPair::generate().expect("a key");
    let strange = sign(&signed.component, &other.secret).expect("a signature");
    let elsewhere = sign(b"others", &signed.key.secret).expect("a signature");
    let bases = format!("{{\"base\": {}}}", include_str!("data/allowed.json"));
    let (right, wrong) = (case("allow"), case("deny"));
    let (right, wrong) = (("cases", right.as_bytes()), ("cases", wrong.as_bytes()));
    let bases = ("bases", bases.as_bytes());
    let with = |signature| {
        vec![
            ("component", &signed.component[..]),
            ("signature", signature),
        ]
    };
    let table: [(Parts<'_>, u16, &str); 8] = [
        (vec![("component", &signed.component)], 422, "sign"),
        (with(b"x"), 422, "no signature of minisign"),
        (with(strange.as_bytes()), 422, "key"),
        (with(elsewhere.as_bytes()), 422, "signed other bytes"),
        (signed.parts(&[right]), 422, "base"),
        (signed.parts(&[wrong, bases]), 422, "as it is"),
        (signed.parts(&[right, bases]), 201, "sha256:"),
        (signed.parts(&[]), 200, "sha256:"),
    ];
    let (serving, mut ops) = signed.serving();
    for (index, (parts, status, said)) in table.iter().enumerate() {
        let (found, answer) = ops.put("0.3.0", parts);
        assert_eq!(found, *status, "{index}: {answer}");
        assert!(answer.to_string().contains(said), "{index}: {answer}");
        if *said == "as it is" {
            serving.says("a version cannot be used");
            let (_, shown) = ops.send("GET", "/v1/policies/acme", "", b"");
            let failure = shown["last_failure"].as_str().expect("it says so");
            assert!(failure.starts_with("0.3.0: "), "{failure}");
            assert!(failure.contains(said), "{failure}");
            assert_eq!(shown["active"], "0.1.0");
            // The cases that cannot be read were the first.
            let counted = r#"scopegate_activation_failures_total{policy="acme"} 2"#;
            let metrics = ops.metrics();
            assert!(metrics.contains(counted), "{metrics}");
        }
    }
    let cases = format!("{}/policies/acme/0.3.0/cases.jsonl", signed.store);
    assert!(fs::exists(cases).expect("readable"));
}

#[test]
fn what_becomes_active_over_http_says_why() {
    let signed = Signed::new();
    let (_serving, mut ops) = signed.serving();
    assert_eq!(ops.put("0.3.0", &signed.parts(&[])).0, 201);
    let unknown = br#"{"version": "0.9.0"}"#;
    let path = "/v1/policies/acme/activate";
    let (status, answer) = ops.send("POST", path, "application/json", unknown);
    let detail = "there is no version 0.9.0 of the policy `acme` in the store";
    assert_eq!((status, &answer["detail"]), (404, &detail.into()));
    for (path, body) in [
        ("activate", r#"{"version": "0.3.0", "reason": "ticket 42"}"#),
        ("rollback", r#"{"reason": "too strict"}"#),
    ] {
        let path = format!("/v1/policies/acme/{path}");
        let (status, answer) = ops.send("POST", &path, "application/json", body.as_bytes());
        assert_eq!(status, 200, "{answer}");
    }
    let (_, shown) = ops.send("GET", "/v1/policies/acme", "", b"");
    let history = shown["history"].as_array().expect("a list");
    let told = |index: usize| {
        let keys = ["version", "previous", "why", "by"];
        keys.map(|key| history[index][key].as_str().unwrap_or_default())
    };
    assert_eq!(history.len(), 3);
    assert_eq!(told(1), ["0.3.0", "0.1.0", "ticket 42", "ops"]);
    assert_eq!(told(2), ["0.1.0", "0.3.0", "too strict", "ops"]);
    assert_eq!(shown["last_failure"], Value::Null);
    let request = signed.request.as_bytes();
    let (status, decision) = ops.send("POST", "/v1/decisions", "application/json", request);
    assert_eq!(status, 200, "{decision}");
    assert_eq!(decision["policy"]["version"], "0.1.0");
}
