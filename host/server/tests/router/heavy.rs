//! Requests that are within all limits and take long to decide.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join, join_all};
use scopegate::{Engine, Limits};
use scopegate_server::{Service, Settings, Shelf, Shelved, Snapshot};
use serde_json::{Value, json};

use crate::support::{Answer, NOW, component, facts, get, lines, post, rules};

/// Whoever scans may scan nothing that is excluded: each target is compared with each exclusion.
fn service(time: Duration, settings: Settings) -> Service {
    let rules = rules("1.0.0").replace(
        r#"request.actor.id != """#,
        "has(request.scan) && request.scan.targets.all(t, !request.scan.excluded.exists(p, excludes(p, t.url)))",
    );
    let limits = Limits {
        time,
        ..Limits::default()
    };
    let engine = Engine::builder().limits(limits).build().unwrap();
    let policy = engine.load(&component(&rules)).unwrap();
    let snapshot = Snapshot::new([("acme".to_owned(), Shelved::active(policy))]);
    Service::builder(Arc::new(Shelf::new(snapshot)))
        .clock(|| NOW)
        .settings(settings)
        .build()
}

/// A scan of so many targets and exclusions, and nothing is excluded.
fn scan(targets: usize, excluded: usize) -> Value {
    let mut scan = facts();
    let target =
        |index| json!({"url": format!("https://shop.example/page/{index}"), "kind": "public"});
    scan["scan"]["targets"] = (0..targets).map(target).collect();
    scan["scan"]["excluded"] = (0..excluded)
        .map(|index| json!(format!("/account/{index}")))
        .collect();
    scan
}

fn kind(answer: &Answer) -> String {
    if answer.status == 200 {
        return answer.json()["decision"].as_str().unwrap().to_owned();
    }
    answer.problem()
}

/// More at once than there are cores, each of which takes a good part of the time that it may take: all are decided, and what is quick is
/// answered before them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heavy_requests_do_not_starve_one_another() {
    let service = service(Duration::from_millis(800), Settings::default());
    let heavy = scan(4_500, 1_000).to_string();
    let all = join_all((0..16).map(|_| post(&service, "/v1/decisions", heavy.clone())));
    let quick = async {
        let mut answers = Vec::new();
        for _ in 0..10 {
            answers.push(post(&service, "/v1/decisions", scan(1, 1).to_string()).await);
            let list = json!(vec![scan(1, 1); 20]).to_string();
            answers.push(post(&service, "/v1/decisions", list).await);
        }
        let metrics = get(&service, "/metrics").await;
        (answers, metrics)
    };
    let (all, (quick, metrics)) = join(all, quick).await;
    for answer in &all {
        assert_eq!(kind(answer), "allow", "{answer:?}");
    }
    assert!(quick.iter().all(|answer| answer.status == 200), "{quick:?}");
    let heavy = metrics
        .text()
        .lines()
        .find(|line| line.starts_with("scopegate_heavy "));
    assert!(
        heavy.is_some_and(|line| !line.ends_with(" 0")),
        "they were there meanwhile: {heavy:?}"
    );
}

/// Where too many are heavy the others are told to come again, and those that are decided are decided.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_heavy_requests_are_told_to_come_again() {
    let settings = Settings {
        heavy: 2,
        ..Settings::default()
    };
    let service = service(Duration::from_secs(5), settings);
    let heavy = scan(4_500, 1_000).to_string();
    let all = join_all((0..16).map(|_| post(&service, "/v1/decisions", heavy.clone()))).await;
    let kinds: Vec<_> = all.iter().map(kind).collect();
    assert!(
        kinds.iter().all(|kind| kind == "allow" || kind == "busy"),
        "{kinds:?}"
    );
    assert!(kinds.iter().any(|kind| kind == "allow"), "{kinds:?}");
    assert!(kinds.iter().any(|kind| kind == "busy"), "{kinds:?}");
    assert_eq!(kind(&post(&service, "/v1/decisions", heavy).await), "allow");
}

/// What takes longer than a decision may is a problem of its own, alone and among others.
#[tokio::test]
async fn what_takes_too_long_is_a_problem_of_its_own() {
    let service = service(Duration::from_millis(50), Settings::default());
    let (heavy, quick) = (scan(10_000, 1_000), scan(1, 1));
    let answer = post(&service, "/v1/decisions", heavy.to_string()).await;
    assert_eq!(
        (answer.status.as_u16(), kind(&answer).as_str()),
        (500, "overrun")
    );
    assert!(
        answer.text().contains("ask about less"),
        "{}",
        answer.text()
    );
    let answer = post(&service, "/v1/decisions", json!([quick, heavy]).to_string()).await;
    assert_eq!(answer.json()[0]["decision"], "allow");
    assert_eq!(
        answer.json()[1]["error"]["type"],
        "urn:scopegate:problem:overrun"
    );
    let answer = lines(&service, format!("{heavy}\n{quick}\n")).await;
    let answers: Vec<_> = answer.text().lines().collect();
    assert!(
        answers[0].contains(":overrun") && answers[1].contains("allow"),
        "{answers:?}"
    );
}
