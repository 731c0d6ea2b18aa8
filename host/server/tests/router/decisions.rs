//! `POST /v1/decisions`.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use scopegate_server::Settings;
use serde_json::{Value, json};

use crate::support::{ask, builder, facts, lines, post, send, with};

fn scan(change: impl FnOnce(&mut Value)) -> String {
    let mut facts = facts();
    change(&mut facts);
    facts.to_string()
}

#[tokio::test]
async fn one_request() {
    let service = with(Settings {
        allow_policy_choice: true,
        ..Settings::default()
    });
    let without =
        |name: &'static str| scan(move |facts| drop(facts.as_object_mut().unwrap().remove(name)));
    let table = [
        ("", scan(|_| ()), 200, "allow"),
        ("?policy=acme", scan(|_| ()), 200, "allow"),
        ("?policy=acme@1.0.0", scan(|_| ()), 200, "allow"),
        ("?policy=acme@2.0.0", scan(|_| ()), 200, "deny"),
        (
            "",
            scan(|facts| facts["action"] = json!("fly")),
            200,
            "deny",
        ),
        (
            "",
            scan(|facts| facts["actor"]["id"] = json!("")),
            200,
            "deny",
        ),
        ("?policy=other", scan(|_| ()), 404, "not-found"),
        ("?policy=acme@3.0.0", scan(|_| ()), 404, "not-found"),
        ("?version=1", scan(|_| ()), 400, "query"),
        ("?policy=%ff", scan(|_| ()), 400, "query"),
        ("?policy=acme&policy=acme", scan(|_| ()), 400, "query"),
        ("", String::new(), 400, "malformed"),
        ("", "{".to_owned(), 400, "malformed"),
        ("", "nonsense".to_owned(), 400, "malformed"),
        ("", "7".to_owned(), 422, "invalid"),
        ("", "[]".to_owned(), 422, "invalid"),
        ("", "[1,".to_owned(), 400, "malformed"),
        ("", without("action"), 422, "invalid"),
        ("", without("responsibility"), 422, "invalid"),
        (
            "",
            scan(|facts| facts["color"] = json!("red")),
            422,
            "invalid",
        ),
        (
            "",
            scan(|facts| facts["actor"]["role"] = json!("king")),
            422,
            "invalid",
        ),
        (
            "",
            scan(|facts| facts["attributes"] = json!({"cost_center": 7})),
            400,
            "unjudged",
        ),
        (
            "",
            scan(|facts| facts["now"] = json!("2026-11-23T12:00:00Z")),
            400,
            "caller-time",
        ),
    ];
    for (query, body, status, expected) in table {
        let answer = post(&service, &format!("/v1/decisions{query}"), body.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{query} {body} {answer:?}");
        if status == 200 {
            assert_eq!(answer.json()["decision"], expected, "{query} {body}");
            assert_eq!(answer.headers["content-type"], "application/json");
            assert_eq!(answer.headers["scopegate-decision-id"].len(), 36);
        } else {
            assert_eq!(answer.problem(), expected, "{query} {body}");
        }
    }
}

#[tokio::test]
async fn a_problem_says_where() {
    let service = builder().build();
    let body = scan(|facts| facts["scan"]["targets"][1]["url"] = json!(7));
    let problem = post(&service, "/v1/decisions", body).await.json();
    assert_eq!(problem["path"], "scan.targets[1].url");
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("`scan.targets[1].url`: expected a text"),
        "{detail}"
    );
}

#[tokio::test]
async fn a_problem_lists_all_that_is_wrong() {
    let service = builder().build();
    let body = scan(|facts| {
        let facts = facts.as_object_mut().unwrap();
        facts.retain(|name, _| !["actor", "tenancy"].contains(&name.as_str()));
        facts["scan"]["targets"][1]["url"] = json!(7);
        facts.insert("color".to_owned(), json!("red"));
    });
    let expected = [
        "actor",
        "actor.account",
        "actor.id",
        "actor.role",
        "color",
        "scan.targets[1].url",
        "tenancy",
        "tenancy.account",
        "tenancy.client_workspace",
        "tenancy.project",
    ];
    let all = |problem: &Value| {
        let others = problem["others"].as_array().cloned().unwrap_or_default();
        let mut paths: Vec<String> = [problem.clone()]
            .iter()
            .chain(&others)
            .map(|fault| fault["path"].as_str().expect("a path").to_owned())
            .collect();
        paths.sort();
        paths
    };
    let problem = post(&service, "/v1/decisions", body.clone()).await.json();
    assert_eq!(all(&problem), expected, "{problem}");
    let list = format!("[{body},{}]", scan(|_| ()));
    let answers = post(&service, "/v1/decisions", list).await.json();
    assert_eq!(all(&answers[0]["error"]), expected, "{answers}");
    let line = lines(&service, format!("{body}\n")).await;
    assert_eq!(all(&line.json()["error"]), expected);
    let one = scan(|facts| facts["color"] = json!("red"));
    let problem = post(&service, "/v1/decisions", one).await.json();
    assert_eq!(problem.get("others"), None, "{problem}");
}

#[tokio::test]
async fn a_fraction_of_zeros_is_whole_seconds() {
    let trusting = with(Settings {
        allow_caller_time: true,
        ..Settings::default()
    });
    for (time, status) in [
        ("2026-11-23T12:00:00.000Z", 200),
        ("2026-11-23T12:00:00.0+00:00", 200),
        ("2026-11-23T12:00:00.001Z", 422),
        ("2026-11-23T12:00:00.Z", 422),
    ] {
        let body = scan(|facts| facts["now"] = json!(time));
        let answer = post(&trusting, "/v1/decisions", body).await;
        assert_eq!(answer.status.as_u16(), status, "{time}");
    }
}

#[tokio::test]
async fn the_servers_clock_decides() {
    let own = scan(|facts| facts["now"] = json!("2026-11-23T12:00:00Z"));
    let refusing = builder().build();
    let answer = post(&refusing, "/v1/decisions", own.clone()).await;
    assert_eq!(answer.problem(), "caller-time");
    assert_eq!(answer.json()["path"], "now");
    let absent = scan(|facts| facts["now"] = Value::Null);
    assert_eq!(
        post(&refusing, "/v1/decisions", absent).await.status,
        StatusCode::OK
    );

    let trusting = with(Settings {
        allow_caller_time: true,
        ..Settings::default()
    });
    assert_eq!(
        post(&trusting, "/v1/decisions", own).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn lines_in_order() {
    let service = builder().build();
    for many in [0, 1, 100] {
        let mut text = String::new();
        for index in 0..many {
            text += &match index % 3 {
                0 => scan(|_| ()),
                1 => "{".to_owned(),
                _ => scan(|facts| facts["actor"]["id"] = json!("")),
            };
            text += if index % 2 == 0 { "\n" } else { "\r\n \n" };
        }
        let answer = lines(&service, text).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.headers["content-type"], "application/x-ndjson");
        assert_eq!(answer.text().lines().count(), many);
        for (index, line) in answer.text().lines().enumerate() {
            let answer: Value = serde_json::from_str(line).unwrap();
            match index % 3 {
                0 => assert_eq!(answer["decision"], "allow"),
                1 => assert_eq!(answer["error"]["status"], 400),
                _ => assert_eq!(answer["decision"], "deny"),
            }
        }
    }
}

/// However a stream is cut into pieces, its answers are the same; and one that breaks off ends in an error.
#[tokio::test]
async fn pieces_of_lines() {
    let service = builder().build();
    let text = format!(
        "{}\n{}",
        scan(|_| ()),
        scan(|facts| facts["actor"]["id"] = json!(""))
    );
    let whole = lines(&service, text.clone()).await;
    for size in [1, 7, 1000] {
        let pieces: Vec<_> = text.as_bytes().chunks(size).map(<[u8]>::to_vec).collect();
        let stream = futures_util::stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
        let cut = lines(&service, Body::from_stream(stream)).await;
        assert_eq!(cut.text(), whole.text(), "{size}");
    }
    let broken = [Ok(text.into_bytes()), Err(std::io::Error::other("gone"))];
    let broken = lines(
        &service,
        Body::from_stream(futures_util::stream::iter(broken)),
    )
    .await;
    let answers: Vec<Value> = broken
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers[0]["decision"], "allow");
    assert_eq!(
        answers[1]["error"]["type"],
        "urn:scopegate:problem:malformed"
    );
    assert_eq!(answers.len(), 2);
}

#[tokio::test]
async fn content_types() {
    let service = builder().build();
    let table = [
        (Some("application/json"), 200),
        (Some("application/json; charset=utf-8"), 200),
        (Some("Application/JSON"), 200),
        (Some("application/x-ndjson"), 200),
        (Some("text/plain"), 415),
        (Some("application/jsonx"), 415),
        (Some(""), 415),
        (None, 415),
    ];
    for (kind, status) in table {
        let headers: Vec<_> = kind
            .map(|kind| ("content-type", kind))
            .into_iter()
            .collect();
        let request = ask(Method::POST, "/v1/decisions", &headers, scan(|_| ()));
        let answer = send(&service, request).await;
        assert_eq!(answer.status.as_u16(), status, "{kind:?}");
        if status != 200 {
            assert_eq!(answer.problem(), "media-type");
        }
    }
    for (encoding, status) in [("identity", 200), ("gzip", 415), ("br", 415)] {
        let headers = [
            ("content-type", "application/json"),
            ("content-encoding", encoding),
        ];
        let request = ask(Method::POST, "/v1/decisions", &headers, scan(|_| ()));
        let answer = send(&service, request).await;
        assert_eq!(answer.status.as_u16(), status, "{encoding}");
    }
}

#[tokio::test]
async fn limits() {
    let one = scan(|_| ());
    let service = with(Settings {
        body_bytes: one.len(),
        batch: 2,
        head_bytes: 200,
        ..Settings::default()
    });
    assert_eq!(
        post(&service, "/v1/decisions", one.clone()).await.status,
        200
    );
    let long = "x".repeat(200);
    for (path, name) in [
        ("/v1/decisions".to_owned(), "x-long"),
        (format!("/v1/decisions?policy={long}"), "x-short"),
    ] {
        let value = if name == "x-long" { &*long } else { "" };
        let headers = [("content-type", "application/json"), (name, value)];
        let answer = send(&service, ask(Method::POST, &path, &headers, one.clone())).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (431, "head-too-large")
        );
    }
    let answer = post(&service, "/v1/decisions", format!("{one} ")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (413, "too-large")
    );
    assert_eq!(post(&service, "/v1/decisions", "[1,2]").await.status, 200);
    let answer = post(&service, "/v1/decisions", "[1,2,3]").await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (413, "too-large")
    );
    // A stream may be as long as it likes, a line of it may not.
    let answer = lines(&service, format!("{one}\n {one} \n[{one}]\n{one}\n")).await;
    let statuses: Vec<_> = answer
        .text()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["error"]["status"].clone())
        .collect();
    assert_eq!(
        statuses,
        [json!(null), json!(null), json!(413), json!(null)]
    );
    let endless = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'x'; 1024]));
    let answer = lines(&service, Body::from_stream(endless)).await;
    let last: Value = serde_json::from_str(answer.text().trim()).unwrap();
    assert_eq!(last["error"]["status"], 413);
}

/// Whatever is not a request gets a 4xx and a problem document, and the server goes on.
#[tokio::test]
async fn ten_thousand_malformed_bodies() {
    let seed = std::env::var("SCOPEGATE_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("SCOPEGATE_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let service = builder().build();
    let good = scan(|_| ()).into_bytes();
    let paths = [
        "/v1/decisions",
        "/v1/explanations",
        "/access/v1/evaluation",
        "/access/v1/evaluations",
        "/access/v1/search/action",
    ];
    for round in 0..10_000 {
        let mut body = good.clone();
        match random.u8(..4) {
            0 => body.truncate(random.usize(..body.len())),
            // Control characters stand in no JSON.
            1 => {
                let place = random.usize(..body.len());
                body[place] = random.u8(..9);
            }
            2 => body.insert(random.usize(1..body.len()), 0xff),
            _ => {
                let length = random.usize(..200);
                body = std::iter::repeat_with(|| random.u8(..))
                    .take(length)
                    .collect();
            }
        }
        let path = paths[round % paths.len()];
        let answer = post(&service, path, body.clone()).await;
        let text = String::from_utf8_lossy(&body);
        assert!(answer.status.is_client_error(), "{path} {text}: {answer:?}");
        answer.problem();
    }
    assert_eq!(post(&service, "/v1/decisions", good).await.status, 200);
}
