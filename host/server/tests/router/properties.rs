//! What becomes of the facts of AuthZEN evaluations.

use std::sync::{Arc, LazyLock, Mutex};

use scopegate_server::{
    RecordError, Recorded, Recorder, Service, ServiceBuilder, Settings, Shelf, Shelved, Snapshot,
};
use serde_json::{Map, Value, json};

use crate::support::{NOW, facts, load, post};

const EVALUATION: &str = "/access/v1/evaluation";
const EVALUATIONS: &str = "/access/v1/evaluations";
const SEARCH: &str = "/access/v1/search/action";

/// A policy that allows whatever it is not told is risky.
const RISK: &str = r#"
language = 1
name = "risk"
version = "1.0.0"
summary = "Properties decide."
actions = ["read", "write"]

[codes]
RISKY = "risk_blocked"

[attributes.subject_risk]
type = "number"
summary = "The risk engine's score, if it gave one."

[attributes.subject_name]
type = "text"
summary = "The user's name, if known."

[attributes.subject_blocked]
type = "truth"
summary = "Whether the user is blocked, if known."

[attributes.resource_labels]
type = "texts"
summary = "Labels, if any."

[attributes.action_weight]
type = "number"
summary = "How much it changes, if known."

[[requirement]]
id = "low-risk"
for = "every"
must = '!has(request.attributes.subject_risk) || request.attributes.subject_risk < 50'
code = "RISKY"
message = "Too risky."
remedy = "Wait."
source = "Example, step 1"

[[requirement]]
id = "not-blocked"
for = "every"
must = '!has(request.attributes.subject_blocked) || !request.attributes.subject_blocked'
code = "RISKY"
message = "Blocked."
remedy = "Ask."
source = "Example, step 2"

[[requirement]]
id = "named-well"
for = "every"
must = '!has(request.attributes.subject_name) || request.attributes.subject_name != "eve"'
code = "RISKY"
message = "It is eve."
remedy = "Be somebody else."
source = "Example, step 3"

[[requirement]]
id = "no-secret"
for = "every"
must = '!has(request.attributes.resource_labels) || !("secret" in request.attributes.resource_labels)'
code = "RISKY"
message = "It is secret."
remedy = "Ask for something else."
source = "Example, step 4"

[[requirement]]
id = "light"
for = "every"
must = '!has(request.attributes.action_weight) || request.attributes.action_weight < 10'
code = "RISKY"
message = "It changes too much."
remedy = "Change less."
source = "Example, step 5"

[[requirement]]
id = "project-known"
for = "write"
must = 'request.tenancy.project != "unknown" && request.agency_account != "barred" && (!has(request.scan) || request.scan.credits < 1000)'
code = "RISKY"
message = "It cannot be written."
remedy = "Read it."
source = "Example, step 6"
"#;

fn risk() -> ServiceBuilder {
    static POLICY: LazyLock<scopegate::Policy> = LazyLock::new(|| load(RISK));
    let snapshot = Snapshot::new([("risk".to_owned(), Shelved::active(POLICY.clone()))]);
    Service::builder(Arc::new(Shelf::new(snapshot))).clock(|| NOW)
}

/// An evaluation in which `entity` has a property.
fn evaluation(entity: &str, property: &str, value: &Value) -> Value {
    let mut evaluation = json!({"subject": {"type": "user", "id": "u"}, "action": {"name": "read"}, "resource": {"type": "doc", "id": "1"}});
    evaluation[entity]["properties"] = json!({ property: value });
    evaluation
}

/// A context whose request says `attributes`.
fn context(attributes: &Value) -> Value {
    let mut request = facts();
    for name in ["action", "actor", "access"] {
        request.as_object_mut().unwrap().remove(name);
    }
    request["actor"] = json!({"account": "a", "role": "owner"});
    request["attributes"] = attributes.clone();
    json!({"request": request})
}

/// A declared fact that is named and cannot be carried, or is carried and cannot be judged, is 400 wherever it is asked.
#[tokio::test]
async fn no_declared_fact_is_left_out() {
    let service = risk().build();
    let number = [
        "97.0",
        "97.5",
        "1e2",
        "9223372036854775808",
        "-9223372036854775809",
        "-0.0",
        "1e300",
        "null",
        "[]x",
        "{}",
        "[1]",
        "true",
        "\"97\"",
    ];
    let text = ["null", "{}", "7", "7.5", "[]x", "true", "[\"eve\"]"];
    let truth = ["null", "{}", "1", "0", "1.0", "\"true\"", "[]x", "[true]"];
    let texts = [
        "null",
        "{}",
        "[\"secret\", 1]",
        "[null]",
        "[[\"secret\"]]",
        "\"secret\"",
        "7.5",
        "{\"0\": \"secret\"}",
    ];
    let table: [(&str, &str, &[&str]); 5] = [
        ("subject", "risk", &number),
        ("subject", "name", &text),
        ("subject", "blocked", &truth),
        ("resource", "labels", &texts),
        ("action", "weight", &number),
    ];
    for (entity, property, values) in table {
        for value in values {
            // An empty list is a list of texts, so its place says otherwise: it is one of the wrong type.
            let value: Value = serde_json::from_str(value.trim_end_matches('x')).unwrap();
            let alone = evaluation(entity, property, &value);
            let other = json!({ format!("{entity}_{property}"): 10 });
            let same = json!({ format!("{entity}_{property}"): value });
            let mut bodies = vec![alone.clone()];
            for attributes in [json!({}), other, same] {
                let mut beside = alone.clone();
                beside["context"] = context(&attributes);
                bodies.push(beside);
            }
            for body in bodies {
                refused(&service, EVALUATION, &body, "", entity, property).await;
                refused(&service, SEARCH, &body, "", entity, property).await;
                let mut batch = body.clone();
                batch["evaluations"] = json!([{}]);
                refused(
                    &service,
                    EVALUATIONS,
                    &batch,
                    "/evaluations/0",
                    entity,
                    property,
                )
                .await;
                let batch = json!({"evaluations": [body]});
                refused(
                    &service,
                    EVALUATIONS,
                    &batch,
                    "/evaluations/0",
                    entity,
                    property,
                )
                .await;
            }
        }
    }
}

/// It is 400, allows nothing, and names the property or the fact that it is.
async fn refused(
    service: &Service,
    path: &str,
    body: &Value,
    at: &str,
    entity: &str,
    property: &str,
) {
    let answer = post(service, path, body.to_string()).await;
    let found = answer.json();
    let found = found
        .pointer(at)
        .unwrap_or_else(|| panic!("{path} {body} {found}"));
    assert_eq!(found["decision"], false, "{path} {body} {found}");
    assert_eq!(
        found["context"]["error"]["status"], 400,
        "{path} {body} {found}"
    );
    let message = found["context"]["error"]["message"].as_str().unwrap();
    let names = [
        format!("`{entity}.properties.{property}`"),
        format!("`attributes.{entity}_{property}"),
    ];
    assert!(
        names.iter().any(|name| message.contains(name)),
        "{path} {body} {message}"
    );
}

/// All that is lost is named at once, with what was found.
#[tokio::test]
async fn what_is_lost_is_named() {
    let service = risk().build();
    let mut body = evaluation("subject", "risk", &json!(97.5));
    body["subject"]["properties"]["name"] = json!({});
    body["resource"]["properties"] = json!({"labels": ["a", 1], "size": 1.5});
    let answer = post(&service, EVALUATION, body.to_string()).await;
    assert_eq!(
        answer.json()["detail"],
        "`subject.properties.name`: the policy declares a text, found an object; \
         `subject.properties.risk`: the policy declares a whole number from -2^63 to 2^63 - 1, found a number with a fraction, an exponent or too many digits; \
         `resource.properties.labels`: the policy declares a list of texts, found a list of something else"
    );
    assert_eq!(answer.json()["path"], "subject.properties.name");
}

/// What is of a wrong type is named where it was said, all of it, and without a place in a text that nobody sent.
#[tokio::test]
async fn what_is_mistaken_is_named() {
    let service = risk().build();
    let mut body = evaluation("subject", "risk", &json!("97"));
    body["subject"]["properties"]["name"] = json!(["eve"]);
    body["action"]["properties"] = json!({"weight": 9_223_372_036_854_775_808_u64});
    let answer = post(&service, EVALUATION, body.to_string()).await.json();
    for said in [
        "`action.properties.weight`: the policy declares a whole number from -2^63 to 2^63 - 1, found the number `9223372036854775808`",
        "`subject.properties.risk`: the policy declares a whole number from -2^63 to 2^63 - 1, found the text `97`",
        "`subject.properties.name`: the policy declares a text, found a list of texts",
    ] {
        assert!(
            answer["detail"].as_str().unwrap().contains(said),
            "{answer}"
        );
    }
    let body = evaluation("resource", "scan", &json!("evil"));
    for (path, body, at) in [
        (EVALUATION, body.clone(), "/detail"),
        (
            EVALUATIONS,
            json!({"evaluations": [body]}),
            "/evaluations/0/context/error/message",
        ),
    ] {
        let answer = post(&service, path, body.to_string()).await.json();
        let message = answer.pointer(at).and_then(Value::as_str).unwrap();
        assert!(
            message.starts_with("`scan`: ") && !message.contains("column"),
            "{message}"
        );
    }
}

/// What no policy declares, and what can be carried, is as it was.
#[tokio::test]
async fn other_properties_are_not_judged() {
    let service = risk().build();
    let table = [
        ("subject", "size", json!(97.5), true),
        ("subject", "nothing", json!(null), true),
        ("resource", "owner", json!({"name": "eve"}), true),
        ("action", "list", json!([1, 2]), true),
        ("subject", "risk", json!(49), true),
        ("subject", "risk", json!(97), false),
        ("subject", "risk", json!(i64::MAX), false),
        ("subject", "blocked", json!(true), false),
        ("subject", "name", json!("eve"), false),
        ("resource", "labels", json!(["secret"]), false),
        ("resource", "labels", json!([]), true),
        ("action", "weight", json!(10), false),
    ];
    for (entity, property, value, decision) in table {
        let body = evaluation(entity, property, &value);
        let answer = post(&service, EVALUATION, body.to_string()).await;
        assert_eq!(answer.json()["decision"], decision, "{body} {answer:?}");
        let mut beside = body.clone();
        beside["context"] = context(&json!({}));
        let answer = post(&service, EVALUATION, beside.to_string()).await;
        assert_eq!(answer.json()["decision"], decision, "{beside} {answer:?}");
    }
}

/// Keeps what is recorded, the custom facts by their names.
#[derive(Default)]
struct Requests(Mutex<Vec<Value>>);

impl Recorder for Requests {
    fn record(&self, entries: &[Recorded<'_>]) -> Vec<Result<(), RecordError>> {
        let mut requests = self.0.lock().unwrap();
        requests.extend(
            entries
                .iter()
                .map(|it| serde_json::to_value(it.request).unwrap()),
        );
        vec![Ok(()); entries.len()]
    }
}

/// What an item of a batch may say; several have the context of the batch, which is read once.
fn item(random: &mut fastrand::Rng) -> Value {
    let pick = |random: &mut fastrand::Rng, of: &[Value]| random.choice(of).unwrap().clone();
    let mut item = Map::new();
    if random.bool() {
        let properties = json!({"risk": pick(random, &[json!(1), json!(99), json!(1.5)]), "account": pick(random, &[json!("a"), json!("b")])});
        item.insert("subject".to_owned(), json!({"type": "user", "id": pick(random, &[json!("u"), json!("v")]), "properties": properties}));
    }
    if random.bool() {
        item.insert(
            "action".to_owned(),
            json!({"name": pick(random, &[json!("read"), json!("write"), json!("fly"), json!(7)])}),
        );
    }
    if random.bool() {
        let scan = facts()["scan"].clone();
        let mut dear = scan.clone();
        dear["credits"] = json!(5_000);
        let resource = match random.u8(..6) {
            0 => json!({"type": "project", "id": "proj-1"}),
            1 => json!({"type": "project", "id": "unknown"}),
            2 => {
                json!({"type": "doc", "id": "d", "properties": {"scan": pick(random, &[scan, dear, json!(7)])}})
            }
            3 => json!({"type": "task", "id": "t"}),
            4 => {
                json!({"type": "doc", "id": "d", "properties": {"labels": pick(random, &[json!(["secret"]), json!([]), json!([1])]), "n": 1}})
            }
            _ => json!({"type": "doc"}),
        };
        item.insert("resource".to_owned(), resource);
    }
    if random.u8(..4) == 0 {
        let own = pick(
            random,
            &[
                json!({}),
                context(&json!({})),
                context(&json!({"subject_risk": 60})),
                json!(7),
            ],
        );
        item.insert("context".to_owned(), own);
    }
    Value::Object(item)
}

/// An item of a batch is decided and recorded as the same evaluation alone, whatever the items before it said.
#[tokio::test]
async fn an_item_is_decided_as_it_is_alone() {
    let seed = std::env::var("SCOPEGATE_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("SCOPEGATE_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let (recorded, service) = recording();
    let mut scanless = context(&json!({"subject_note": "x"}));
    scanless["request"].as_object_mut().unwrap().remove("scan");
    let mut barred = context(&json!({}));
    barred["request"]["agency_account"] = json!("barred");
    let mut wrong = context(&json!({}));
    wrong["request"]["color"] = json!("red");
    let mut timed = context(&json!({}));
    timed["request"]["now"] = json!("2026-11-23T12:00:00Z");
    let contexts = [
        Value::Null,
        json!({}),
        context(&json!({"subject_risk": 60, "z": "last"})),
        scanless,
        barred,
        wrong,
        timed,
        json!({"request": {}}),
    ];
    for round in 0..200 {
        let mut body = evaluation("subject", "risk", &json!(1));
        let shared = &contexts[round % contexts.len()];
        if !shared.is_null() {
            body["context"] = shared.clone();
        }
        let items: Vec<_> = (0..8).map(|_| item(&mut random)).collect();
        let mut batch = body.clone();
        batch["evaluations"] = json!(items);
        let answers = post(&service, EVALUATIONS, batch.to_string()).await.json();
        let together = std::mem::take(&mut *recorded.0.lock().unwrap());
        for (item, answer) in items.iter().zip(answers["evaluations"].as_array().unwrap()) {
            let mut alone = body.clone();
            for (name, value) in item.as_object().unwrap() {
                alone[name] = value.clone();
            }
            if item["resource"].is_object() && item["resource"].get("id").is_none() {
                alone["resource"]["id"] = body["resource"]["id"].clone();
            }
            let expected = post(&service, EVALUATION, alone.to_string()).await.json();
            assert_eq!(
                answer["decision"], expected["decision"],
                "{alone} {answer} {expected}"
            );
            assert_eq!(
                answer["context"]["error"], expected["context"]["error"],
                "{alone}"
            );
            assert_eq!(
                answer["context"]["findings"], expected["context"]["findings"],
                "{alone}"
            );
        }
        let alone = std::mem::take(&mut *recorded.0.lock().unwrap());
        assert_eq!(together, alone, "{batch}");
    }
}

fn recording() -> (Arc<Requests>, Service) {
    let recorded = Arc::new(Requests::default());
    let service = risk()
        .settings(Settings {
            allow_caller_time: true,
            ..Settings::default()
        })
        .recorder(Arc::clone(&recorded) as Arc<dyn Recorder>)
        .build();
    (recorded, service)
}
