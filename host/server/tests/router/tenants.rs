//! The tenant map.

use scopegate_server::{Settings, Shelf, Shelved, Snapshot, Tenants, Tokens};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::support::{NOW, acme, ask, facts, post, send};
use axum::http::Method;
use scopegate_server::{Service, ServiceBuilder};

/// Two versions, of which 1 is active: it allows who is named, 2 denies them.
fn builder(allow_policy_choice: bool) -> ServiceBuilder {
    let mut tenants = Tenants::new();
    for (account, project, policy) in [
        ("north", None, "acme@2.0.0"),
        ("north", Some("pilot"), "acme"),
        ("south", Some("shop"), "acme@2.0.0"),
        ("lost", None, "gone"),
        ("lost", Some("found"), "acme@9.9.9"),
    ] {
        tenants.add(account, project, policy).expect("it is new");
    }
    let mut shelved = Shelved::active(acme("1.0.0"));
    shelved.versions.insert("2.0.0".to_owned(), acme("2.0.0"));
    let snapshot = Snapshot::new([("acme".to_owned(), shelved)]);
    Service::builder(Arc::new(Shelf::new(snapshot)))
        .clock(|| NOW)
        .settings(Settings {
            tenants,
            allow_policy_choice,
            ..Settings::default()
        })
}

fn of(account: &str, project: &str) -> Value {
    let mut facts = facts();
    facts["action"] = json!("scan");
    facts["actor"]["id"] = json!("somebody");
    facts["tenancy"]["account"] = json!(account);
    facts["tenancy"]["project"] = json!(project);
    facts
}

/// Account, project, and what version decides or what problem there is.
const DECIDED: [(&str, &str, &str); 9] = [
    ("north", "other", "2.0.0"),
    ("north", "", "2.0.0"),
    ("north", "pilot", "1.0.0"),
    ("south", "shop", "2.0.0"),
    ("south", "other", "1.0.0"),
    ("elsewhere", "shop", "1.0.0"),
    ("", "", "1.0.0"),
    ("lost", "any", "no-policy"),
    ("lost", "found", "no-policy"),
];

#[tokio::test]
async fn each_tenant_has_its_policy() {
    let service = builder(false).build();
    for (account, project, expected) in DECIDED {
        let answer = post(&service, "/v1/decisions", of(account, project).to_string()).await;
        if answer.status == 200 {
            let decision = answer.json();
            assert_eq!(
                decision["policy"]["version"], expected,
                "{account} {project}"
            );
            let allowed = if expected == "1.0.0" { "allow" } else { "deny" };
            assert_eq!(decision["decision"], allowed, "{account} {project}");
        } else {
            assert_eq!(answer.problem(), expected, "{account} {project}");
            assert_eq!(answer.status, 503);
        }
    }
}

#[tokio::test]
async fn a_list_may_have_several_tenants() {
    let service = builder(false).build();
    let list: Vec<_> = DECIDED
        .iter()
        .map(|(account, project, _)| of(account, project))
        .collect();
    let answers = post(&service, "/v1/decisions", json!(list).to_string())
        .await
        .json();
    for (answer, (account, project, expected)) in answers.as_array().unwrap().iter().zip(DECIDED) {
        match answer.get("error") {
            None => assert_eq!(answer["policy"]["version"], expected, "{account} {project}"),
            Some(error) => assert!(
                error["type"].as_str().unwrap().ends_with(expected),
                "{account} {project} {error}"
            ),
        }
    }
}

#[tokio::test]
async fn who_may_choose() {
    let lines = [("app", "decide", "a"), ("ops", "administer", "b")]
        .map(|(name, role, token)| format!("{name} {role} {}", Tokens::digest(token)));
    let tokens = || Tokens::parse(&lines.join("\n")).expect("tokens");
    let (strict, open) = (
        builder(false).tokens(tokens()).build(),
        builder(true).tokens(tokens()).build(),
    );
    let (app, ops) = ("Bearer a", "Bearer b");
    let table = [
        (&strict, app, "", Ok("2.0.0")),
        (&strict, app, "?policy=acme", Err("forbidden")),
        (&strict, app, "?policy=acme@2.0.0", Err("forbidden")),
        (&strict, app, "?policy=gone", Err("forbidden")),
        (&strict, ops, "", Ok("2.0.0")),
        (&strict, ops, "?policy=acme", Ok("1.0.0")),
        (&strict, ops, "?policy=gone", Err("not-found")),
        (&open, app, "", Ok("2.0.0")),
        (&open, app, "?policy=acme", Ok("1.0.0")),
    ];
    for (service, authorization, query, expected) in table {
        let headers = [
            ("authorization", authorization),
            ("content-type", "application/json"),
        ];
        let path = format!("/v1/decisions{query}");
        let body = of("north", "other").to_string();
        let answer = send(service, ask(Method::POST, &path, &headers, body)).await;
        match expected {
            Ok(version) => assert_eq!(answer.json()["policy"]["version"], version, "{query}"),
            Err(problem) => assert_eq!(answer.problem(), problem, "{query}"),
        }
    }
}

#[tokio::test]
async fn evaluations_and_searches_follow_it() {
    let service = builder(false).build();
    for (account, project, expected) in DECIDED {
        let asked = json!({
            "subject": {"type": "user", "id": "somebody"},
            "action": {"name": "scan"},
            "resource": {"type": "site", "id": "x"},
            "context": {"request": of(account, project)},
        });
        let answer = post(&service, "/access/v1/evaluation", asked.to_string()).await;
        let found = post(&service, "/access/v1/search/action", asked.to_string()).await;
        if expected == "no-policy" {
            assert_eq!((answer.status.as_u16(), found.status.as_u16()), (503, 503));
            assert_eq!(answer.json()["decision"], false);
            continue;
        }
        let allowed = expected == "1.0.0";
        assert_eq!(answer.json()["decision"], allowed, "{account} {project}");
        let results = found.json()["results"].as_array().unwrap().len();
        assert_eq!(results, usize::from(allowed), "{account} {project}");
    }
}

#[test]
fn what_cannot_be_an_entry() {
    let table = [
        ("", None, "p", "the account ``: a name is empty"),
        (
            "a",
            Some(""),
            "p",
            "the account `a`, project ``: a name is empty",
        ),
        ("a", None, "", "the account `a`: a name is empty"),
        ("b", None, "p", "the account `b`: it has a policy already"),
        (
            "b",
            Some("c"),
            "p",
            "the account `b`, project `c`: it has a policy already",
        ),
    ];
    for (account, project, policy, expected) in table {
        let mut tenants = Tenants::new();
        tenants.add("b", None, "q").unwrap();
        tenants.add("b", Some("c"), "q").unwrap();
        let error = tenants
            .add(account, project, policy)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

/// Without a tenant map, too, a caller chooses neither a policy nor a version nor a build unless the operator lets them.
#[tokio::test]
async fn nobody_chooses_unasked() {
    let lines = [("app", "decide", "a"), ("ops", "administer", "b")]
        .map(|(name, role, token)| format!("{name} {role} {}", Tokens::digest(token)));
    let service = |allow_policy_choice| {
        let settings = Settings {
            allow_policy_choice,
            ..Settings::default()
        };
        let tokens = Tokens::parse(&lines.join("\n")).expect("tokens");
        crate::support::builder()
            .settings(settings)
            .tokens(tokens)
            .build()
    };
    let (strict, open) = (service(false), service(true));
    let body = of("any", "any");
    let evaluation = json!({"subject": {"type": "user", "id": "u"}, "action": {"name": "scan"}, "resource": {"type": "site", "id": "s"}});
    for query in [
        "acme",
        "acme@1.0.0",
        "acme@2.0.0",
        "acme@1.0.0%2B7",
        "gone",
        "",
    ] {
        for (path, body) in [
            ("/v1/decisions", &body),
            ("/v1/explanations", &body),
            ("/access/v1/evaluation", &evaluation),
            ("/access/v1/evaluations", &evaluation),
            ("/access/v1/search/action", &evaluation),
        ] {
            let path = format!("{path}?policy={query}");
            for (service, token, is_heard) in [
                (&strict, "Bearer a", false),
                (&strict, "Bearer b", true),
                (&open, "Bearer a", true),
            ] {
                let headers = [
                    ("content-type", "application/json"),
                    ("authorization", token),
                ];
                let answer = send(
                    service,
                    ask(Method::POST, &path, &headers, body.to_string()),
                )
                .await;
                assert_eq!(answer.status == 403, !is_heard, "{path} {token} {answer:?}");
            }
        }
    }
}
