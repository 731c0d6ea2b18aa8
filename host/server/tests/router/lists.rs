//! Lists of requests.

use std::sync::Arc;

use axum::http::StatusCode;
use fastrand::Rng;
use scopegate_server::{RecordError, Recorded, Recorder, Service, Settings};
use serde_json::json;

use crate::support::{builder, facts, get, post};

/// A request that nobody asks.
fn nobody() -> String {
    let mut facts = facts();
    facts["actor"]["id"] = json!("");
    facts.to_string()
}

#[tokio::test]
async fn a_list_in_order() {
    let service = builder().build();
    for many in [1, 3, 64, 65, 200] {
        let requests: Vec<_> = (0..many)
            .map(|index| match index % 3 {
                0 => facts().to_string(),
                1 => nobody(),
                _ => r#"{"action": 7}"#.to_owned(),
            })
            .collect();
        let answer = post(
            &service,
            "/v1/decisions",
            format!("[{}]", requests.join(",")),
        )
        .await;
        assert_eq!(answer.status, StatusCode::OK);
        let answers = answer.json();
        let answers = answers.as_array().unwrap();
        assert_eq!(answers.len(), many);
        for (index, answer) in answers.iter().enumerate() {
            match index % 3 {
                0 => assert_eq!(answer["decision"], "allow"),
                1 => assert_eq!(answer["codes"], json!(["ACTOR_REQUIRED"])),
                _ => assert_eq!(answer["error"]["path"], "action"),
            }
        }
    }
}

/// A list of spaces is gone through once, however it begins.
#[tokio::test]
async fn a_list_of_nothing_is_refused_at_once() {
    let service = builder().build();
    for begin in ["[", "[:", "[,", "[{:", "[{", "[{ \"a\":1},"] {
        let spaces = " ".repeat(3 << 20);
        let answer = post(&service, "/v1/decisions", format!("{begin}{spaces}]")).await;
        assert!(answer.status.is_client_error(), "{begin} {answer:?}");
    }
}

/// Writes nothing, and says it did.
struct Pretends;

impl Recorder for Pretends {
    fn record(&self, entries: &[Recorded<'_>]) -> Vec<Result<(), RecordError>> {
        vec![Ok(()); entries.len()]
    }
}

/// What the service counted of decisions.
async fn counted(service: &Service) -> Vec<String> {
    let metrics = get(service, "/metrics").await;
    let lines = metrics.text().lines();
    let is_of_decisions = |line: &&str| {
        let names = [
            "decisions_",
            "denial_codes_",
            "failures_",
            "decision_seconds_count",
        ];
        let name = line.strip_prefix("scopegate_");
        name.is_some_and(|name| names.iter().any(|start| name.starts_with(start)))
    };
    let mut counted: Vec<_> = lines.filter(is_of_decisions).map(str::to_owned).collect();
    counted.sort();
    counted
}

/// Where decisions are recorded, a list is gone through before anything is decided; elsewhere it is decided as it is read. Nobody can tell by
/// the answers or the counts, whatever the list is.
#[tokio::test]
async fn what_is_decided_as_it_is_read_is_what_is_split_first() {
    let seed = std::env::var("SCOPEGATE_SEED").map_or(5, |seed| seed.parse().unwrap());
    println!("SCOPEGATE_SEED={seed}");
    let mut rng = Rng::with_seed(seed);
    let services = [6, 300].map(|batch| {
        let settings = || Settings {
            batch,
            ..Settings::default()
        };
        let at_once = builder().settings(settings()).build();
        let split = builder().settings(settings()).recorder(Arc::new(Pretends));
        (at_once, split.build())
    });
    let good = facts().to_string();
    let named = |id: &str| good.replacen("user-17", id, 1);
    let mut with_time = facts();
    with_time["now"] = json!("2026-11-23T12:00:00Z");
    let mut unjudged = facts();
    unjudged["attributes"] = json!({"cost_center": 7});
    let usual = [good.clone(), nobody(), facts().to_string()];
    let odd = [
        named("}{"),
        named("}, {"),
        named("{"),
        named("\\u007d"),
        named("\\"),
        with_time.to_string(),
        unjudged.to_string(),
        format!("[{good}]"),
        format!("{good}{good}"),
        format!(r#"{{"action": 7, {good}}}"#),
        r#"{"action": 7, nonsense}"#.to_owned(),
        "{}".to_owned(),
        "{".to_owned(),
        "}".to_owned(),
        "5".to_owned(),
        String::new(),
    ];
    let betweens = [",", " ,\n\t", ",,", "", "\u{c},", ";"];
    let arounds = [
        ("[", "]"),
        (" [\r\n", "\t] "),
        ("[", ""),
        ("[", "]]"),
        ("[", "],"),
        ("[", "\u{b}]"),
        ("[,", "]"),
        ("[", ",]"),
    ];
    let any = |rng: &mut Rng, from: &[String]| from[rng.usize(..from.len())].clone();
    let (mut decided, mut refused) = ([0; 2], [0; 2]);
    for round in 0..3_000 {
        // Now and then a list that is decided in parts.
        let is_long = round % 50 == 0;
        let most = if is_long { 304 } else { 9 };
        let rarely = if is_long { 200 } else { 8 };
        let often = |rng: &mut Rng| rng.u8(..rarely) > 0;
        let (before, after) = if often(&mut rng) {
            arounds[rng.usize(..2)]
        } else {
            arounds[rng.usize(..arounds.len())]
        };
        let mut text = before.to_owned();
        for index in 0..rng.usize(most / 2 * usize::from(is_long)..most) {
            if index > 0 {
                text += if often(&mut rng) {
                    betweens[rng.usize(..2)]
                } else {
                    betweens[rng.usize(..betweens.len())]
                };
            }
            text += &if often(&mut rng) {
                any(&mut rng, &usual)
            } else {
                any(&mut rng, &odd)
            };
        }
        text += after;
        let (at_once, split) = &services[usize::from(is_long)];
        let one = post(at_once, "/v1/decisions", text.clone()).await;
        let other = post(split, "/v1/decisions", text.clone()).await;
        assert_eq!(
            (one.status, one.text()),
            (other.status, other.text()),
            "{text}"
        );
        let count = usize::from(is_long);
        match one.status {
            StatusCode::OK => decided[count] += 1,
            _ => refused[count] += 1,
        }
    }
    for (at_once, split) in &services {
        assert_eq!(counted(at_once).await, counted(split).await);
    }
    println!("{decided:?} decided, {refused:?} refused");
    assert!(decided[0] > 500 && refused[0] > 500);
    assert!(decided[1] > 10 && refused[1] > 10);
}
