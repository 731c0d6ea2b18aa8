//! Good policies: what is loaded, decided, explained and kept.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::thread;

use scopegate::{
    Decision, Engine, EngineError, EvaluateError, LoadError, Origin, Policy, Request, Verdict,
};
use serde_json::json;

use crate::guest::{Guest, Texts};
use crate::hostile::request;

fn policy() -> Policy {
    Engine::new()
        .expect("the engine starts")
        .load(&Guest::default().component())
        .expect("the guest loads")
}

fn decision_json(policy: &Policy, request: &Request) -> String {
    let decision = policy.evaluate(request).expect("it decides");
    serde_json::to_string(&decision)
        .expect("a decision can be written")
        .replace(&policy.id().digest, "DIGEST")
}

/// A folder that is removed with the value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        Self(folder)
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> = fs::read_dir(&self.0)
            .expect("the folder is there")
            .map(|entry| entry.expect("it can be read").path())
            .collect();
        files.sort();
        files
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_policy_says_what_it_is() {
    let component = Guest::default().component();
    let policy = policy();
    assert_eq!(
        (&*policy.id().name, &*policy.id().version),
        ("guest", "1.2.3")
    );
    assert_eq!(policy.id().digest.len(), "sha256:".len() + 64);
    assert_eq!(policy.origin(), Origin::Foreign);
    assert!(!policy.is_from_cache());
    let manifest = policy.manifest();
    assert_eq!(manifest.actions, ["scan", "publish"]);
    assert_eq!(manifest.requirements[0].actions, ["scan", "publish"]);
    assert_eq!(
        (manifest.limits.text_bytes, manifest.limits.memory_bytes),
        (8_192, 1 << 20)
    );
    // The digest is that of the bytes, wherever they come from.
    let folder = Folder::new("load-file");
    fs::create_dir_all(&folder.0).unwrap();
    let file = folder.0.join("guest.wasm");
    fs::write(&file, &component).unwrap();
    let engine = Engine::new().unwrap();
    assert_eq!(engine.load_file(&file).unwrap().id(), policy.id());
    assert!(matches!(
        engine.load_file(folder.0.join("nothing.wasm")),
        Err(LoadError::File { .. })
    ));
}

#[test]
fn a_decision_has_the_fields_of_the_domain() {
    let policy = policy();
    let id = r#""policy":{"name":"guest","version":"1.2.3","digest":"DIGEST"}"#;
    for (action, expected) in [
        (
            "scan",
            r#"{"decision":"allow","codes":[],"findings":[],"ready":["first","second"],"blocked":[],"fallbacks":[],"#,
        ),
        (
            "publish",
            r#"{"decision":"deny","codes":["MISSING_APPROVAL"],"findings":[{"requirement":"approved","code":"MISSING_APPROVAL","state":"missing_approval","message":"It is not approved.","remedy":"Approve it.","source":"Approvals, step 1"}],"ready":["first","second"],"blocked":["missing_approval"],"fallbacks":[],"#,
        ),
        (
            "revoke",
            r#"{"decision":"deny","codes":["ACTION_NOT_GOVERNED"],"findings":[],"ready":["first","second"],"blocked":[],"fallbacks":[],"#,
        ),
    ] {
        assert_eq!(
            decision_json(&policy, &request(action)),
            format!("{expected}{id}}}")
        );
    }
}

#[test]
fn codes_and_states_are_named_once_and_fallbacks_by_their_modes() {
    let guest = Guest {
        evaluate: "(call $decide (i32.const 1) (i32.const 2) (i32.const 4))".to_owned(),
        ..Guest::default()
    };
    let policy = Engine::new().unwrap().load(&guest.component()).unwrap();
    let decision = serde_json::to_value(policy.evaluate(&request("scan")).unwrap()).unwrap();
    assert_eq!(decision["codes"], json!(["MISSING_APPROVAL"]));
    assert_eq!(decision["blocked"], json!(["missing_approval"]));
    assert_eq!(decision["findings"].as_array().unwrap().len(), 2);
    assert_eq!(
        decision["fallbacks"],
        json!([
            "ticket_only",
            "customer_applied",
            "read_only",
            "review_only"
        ])
    );
}

#[test]
fn a_decision_outlives_its_policy_if_it_must() {
    let owned: Decision<'static> = {
        let policy = policy();
        policy.evaluate(&request("publish")).unwrap().into_owned()
    };
    assert_eq!(owned.findings().next().unwrap().requirement, "approved");
    assert_eq!(owned, policy().evaluate(&request("publish")).unwrap());
}

#[test]
fn a_policy_outlives_the_engine_it_was_loaded_into() {
    let policy = policy();
    assert_eq!(
        policy.clone().evaluate(&request("scan")).unwrap().verdict(),
        Verdict::Allow
    );
}

#[test]
fn an_explanation_gives_the_facts_with_their_values() {
    let explanations = policy();
    let explanations = explanations.explain(&request("publish")).unwrap();
    assert_eq!(
        serde_json::to_value(explanations).unwrap(),
        json!([{"requirement": "approved", "facts": [
            {"path": "approver", "value": null},
            {"path": "scan.targets[1].url", "value": "https://shop.example/café"},
            {"path": "attributes.teams[1]", "value": "legal"},
            {"path": "attributes.a.b[0]", "value": null},
        ]}])
    );
    let mut facts = request("publish");
    facts.attributes[0].name = "a.b[0]".to_owned();
    let policy = policy();
    let explained = policy.explain(&facts).unwrap();
    assert_eq!(
        explained[0].facts[3].value, "OPS-7",
        "an attribute may be named anything"
    );
}

#[test]
fn each_request_of_a_batch_is_decided_by_itself() {
    let guest = Guest::publishing("unreachable");
    let policy = Engine::new().unwrap().load(&guest.component()).unwrap();
    let requests: Vec<Request> = (0..200)
        .map(|index| request(["scan", "publish"][usize::from(index % 7 == 3)]))
        .collect();
    let decisions = policy.evaluate_batch(&requests);
    assert_eq!(decisions.len(), requests.len());
    for (index, decision) in decisions.iter().enumerate() {
        match decision {
            Ok(decision) => assert!(index % 7 != 3 && decision.is_allowed()),
            Err(error) => assert!(
                index % 7 == 3 && matches!(error, EvaluateError::Fault(_)),
                "{error:?}"
            ),
        }
    }
    assert!(policy.evaluate_batch(&[]).is_empty());
}

#[test]
fn a_foreign_policy_keeps_no_state() {
    // It counts its decisions in a global, and allows only the first.
    let fields = "(global $count (mut i32) (i32.const 0))";
    let evaluate = "(global.set $count (i32.add (global.get $count) (i32.const 1)))
        (call $decide (i32.gt_u (global.get $count) (i32.const 1)) (i32.gt_u (global.get $count) (i32.const 1)) (i32.const 0))";
    let guest = Guest {
        evaluate: evaluate.to_owned(),
        fields: fields.to_owned(),
        ..Guest::default()
    };
    let policy = Engine::new().unwrap().load(&guest.component()).unwrap();
    for _ in 0..10 {
        assert!(policy.evaluate(&request("scan")).unwrap().is_allowed());
    }
    assert!(
        policy
            .evaluate_batch(&vec![request("scan"); 10])
            .into_iter()
            .all(|decision| decision.unwrap().is_allowed())
    );
}

#[test]
fn many_threads_share_one_policy() {
    let policy = policy();
    let bad = Engine::new()
        .unwrap()
        .load(&Guest::publishing("unreachable").component())
        .unwrap();
    thread::scope(|scope| {
        for number in 0..16 {
            let (policy, bad) = (policy.clone(), &bad);
            scope.spawn(move || {
                for round in 0..50 {
                    let action = ["scan", "publish", "revoke"][(number + round) % 3];
                    let decision = policy.evaluate(&request(action)).unwrap();
                    assert_eq!(decision.is_allowed(), action == "scan");
                    assert_eq!(decision.findings().len(), usize::from(action == "publish"));
                    assert_eq!(
                        bad.evaluate(&request(action))
                            .is_ok_and(|decision| decision.is_allowed()),
                        action == "scan"
                    );
                }
            });
        }
    });
}

#[test]
fn compiled_code_is_kept_and_damage_is_found() {
    let folder = Folder::new("cache");
    let engine = || Engine::builder().cache(&folder.0).build().unwrap();
    let component = Guest::default().component();
    assert!(!engine().load(&component).unwrap().is_from_cache());
    let [file] = &folder.files()[..] else {
        panic!("one file is expected")
    };
    let whole = fs::read(file).unwrap();

    let again = engine().load(&component).unwrap();
    assert!(again.is_from_cache());
    assert!(again.evaluate(&request("scan")).unwrap().is_allowed());

    // Whatever happened to the file, the component is compiled again and the file is whole again.
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    for damaged in [
        vec![],
        whole[..20].to_vec(),
        whole[..whole.len() - 1].to_vec(),
        flipped(0),
        flipped(20),
        flipped(100),
        flipped(whole.len() - 1),
    ] {
        fs::write(file, &damaged).unwrap();
        let policy = engine().load(&component).unwrap();
        assert!(!policy.is_from_cache());
        assert!(policy.evaluate(&request("scan")).unwrap().is_allowed());
        assert!(engine().load(&component).unwrap().is_from_cache());
    }

    // Another component is another file, and nothing else is left behind.
    let other = Guest {
        manifest: Texts {
            name: "other",
            ..Guest::default().manifest
        },
        ..Guest::default()
    };
    assert!(!engine().load(&other.component()).unwrap().is_from_cache());
    assert_eq!(folder.files().len(), 2);
    let names: HashSet<String> = folder
        .files()
        .iter()
        .map(|file| file.extension().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, HashSet::from(["cwasm".to_owned()]));
}

#[test]
fn a_cache_that_cannot_be_used_is_an_error() {
    let folder = Folder::new("no-cache");
    fs::create_dir_all(&folder.0).unwrap();
    let file = folder.0.join("a file");
    fs::write(&file, "").unwrap();
    let error = Engine::builder().cache(&file).build().unwrap_err();
    assert!(
        matches!(&error, EngineError::Cache { folder, .. } if *folder == file),
        "{error:?}"
    );
}

#[test]
fn what_is_shared_can_be_shared() {
    fn shared<T: Clone + Send + Sync + std::fmt::Debug + 'static>() {}
    fn error<T: std::error::Error + Send + Sync + 'static>() {}
    shared::<Engine>();
    shared::<Policy>();
    error::<EngineError>();
    error::<LoadError>();
    error::<EvaluateError>();
    error::<scopegate::InputError>();
    error::<scopegate::Fault>();
}
