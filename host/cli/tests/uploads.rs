//! Versions that are handed in over HTTP, to a store that asks for signatures.

mod program;

use std::fs;

use program::serving::{Caller, Serving, done, stored};
use program::{json, scopegate};
use scopegate_store::{KeyPair, sign};
use serde_json::Value;

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

#[test]
fn a_store_that_asks_for_signatures_and_cases_is_filled_over_http() {
    let (folder, store, request) = stored();
    let at = |name: &str| {
        folder
            .path()
            .join(name)
            .to_str()
            .expect("a path")
            .to_owned()
    };
    let tokens = at("tokens");
    let digest = scopegate_server::Tokens::digest("secret");
    fs::write(&tokens, format!("ops administer {digest}\n")).expect("a file");
    let key = KeyPair::generate().expect("a key");
    fs::write(at("ops.pub"), &key.public).expect("a file");
    // What is active is signed before signatures are asked for.
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
    let signature = signature.as_bytes();
    let other = KeyPair::generate().expect("a key");
    let strange = sign(&component, &other.secret).expect("a signature");
    let elsewhere = sign(b"others", &key.secret).expect("a signature");
    let base = include_str!("data/allowed.json");
    let bases = format!("{{\"base\": {base}}}");
    let case = |decision: &str| {
        format!(
            "{{\"name\": \"as it is\", \"base\": \"base\", \"expect\": {{\"decision\": \"{decision}\"}}}}\n"
        )
    };
    let (right, wrong) = (case("allow"), case("deny"));
    let (right, wrong, bases) = (right.as_bytes(), wrong.as_bytes(), bases.as_bytes());

    let serving = Serving::new(&["--store", &store, "--tokens", &tokens]);
    let mut ops = Administrator(Caller::new(serving.address));
    let component = &component[..];
    type Parts<'p> = Vec<(&'p str, &'p [u8])>;
    let table: [(Parts<'_>, u16, &str); 8] = [
        (vec![("component", component)], 422, "sign"),
        (
            vec![("component", component), ("signature", b"x")],
            422,
            "no signature of minisign",
        ),
        (
            vec![("component", component), ("signature", strange.as_bytes())],
            422,
            "key",
        ),
        (
            vec![
                ("component", component),
                ("signature", elsewhere.as_bytes()),
            ],
            422,
            "signed other bytes",
        ),
        (
            vec![
                ("component", component),
                ("signature", signature),
                ("cases", wrong),
                ("bases", bases),
            ],
            422,
            "as it is",
        ),
        (
            vec![
                ("component", component),
                ("signature", signature),
                ("cases", right),
            ],
            422,
            "base",
        ),
        (
            vec![
                ("component", component),
                ("signature", signature),
                ("cases", right),
                ("bases", bases),
            ],
            201,
            "sha256:",
        ),
        (
            vec![("component", component), ("signature", signature)],
            200,
            "sha256:",
        ),
    ];
    for (index, (parts, status, said)) in table.iter().enumerate() {
        let (found, answer) = ops.put("0.3.0", parts);
        assert_eq!(found, *status, "{index}: {answer}");
        assert!(answer.to_string().contains(said), "{index}: {answer}");
        if index == 4 {
            serving.says("a version cannot be used");
            let (_, shown) = ops.send("GET", "/v1/policies/acme", "", b"");
            let failure = shown["last_failure"].as_str().expect("it says so");
            assert!(
                failure.starts_with("0.3.0: ") && failure.contains("as it is"),
                "{failure}"
            );
            assert_eq!(shown["active"], "0.1.0");
            let metrics = ops.metrics();
            assert!(
                metrics.contains(r#"scopegate_activation_failures_total{policy="acme"} 1"#),
                "{metrics}"
            );
        }
    }
    assert!(fs::exists(format!("{store}/policies/acme/0.3.0/cases.jsonl")).expect("readable"));

    let activate = br#"{"version": "0.3.0", "reason": "ticket 42"}"#;
    let path = "/v1/policies/acme/activate";
    let (status, answer) = ops.send("POST", path, "application/json", activate);
    assert_eq!(status, 200, "{answer}");
    let rollback = br#"{"reason": "too strict"}"#;
    let path = "/v1/policies/acme/rollback";
    let (status, answer) = ops.send("POST", path, "application/json", rollback);
    assert_eq!(status, 200, "{answer}");
    let (_, shown) = ops.send("GET", "/v1/policies/acme", "", b"");
    let history = shown["history"].as_array().expect("a list");
    let told: Vec<_> = history
        .iter()
        .map(|event| {
            let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
            (text("version"), text("previous"), text("why"))
        })
        .collect();
    let event = |version: &str, previous: &str, why: &str| {
        (version.to_owned(), previous.to_owned(), why.to_owned())
    };
    assert_eq!(
        told[1..],
        [
            event("0.3.0", "0.1.0", "ticket 42"),
            event("0.1.0", "0.3.0", "too strict"),
        ]
    );
    assert_eq!(history[1]["by"], "ops");
    assert_eq!(shown["last_failure"], Value::Null);
    let (status, decision) = ops.send(
        "POST",
        "/v1/decisions",
        "application/json",
        request.as_bytes(),
    );
    assert_eq!(
        (status, &decision["policy"]["version"]),
        (200, &"0.1.0".into())
    );
}
