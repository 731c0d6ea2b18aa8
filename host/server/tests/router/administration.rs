//! `/v1/policies`, with a store in memory.

use std::sync::{Arc, Mutex};

use axum::http::Method;
use scopegate_server::{
    Activated, Administration, AdministrationError, Event, Service, Stored, StoredVersion, Tokens,
    Upload, Uploaded,
};
use serde_json::{Value, json};

use crate::support::{Answer, ask, builder, get, send};

/// A store that holds one component, and was never activated.
#[derive(Default)]
pub(crate) struct Memory {
    stored: Mutex<Vec<(String, String, Vec<u8>)>>,
    last: Mutex<Upload>,
}

impl Memory {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// What was handed in last.
    pub(crate) fn last(&self) -> Upload {
        self.last.lock().unwrap().clone()
    }
}

impl Administration for Memory {
    fn upload(
        &self,
        name: &str,
        version: &str,
        upload: Upload,
        by: &str,
    ) -> Result<Uploaded, AdministrationError> {
        assert_eq!(by, "ops");
        self.last.lock().unwrap().clone_from(&upload);
        let component = upload.component;
        if component.is_empty() {
            let reason = "this is no component: hand in the output of `scopegate build`".to_owned();
            return Err(AdministrationError::Refused { reason });
        }
        let mut stored = self.stored.lock().unwrap();
        let digest = format!("sha256:{}", component.len());
        match stored.iter().find(|(a, b, _)| a == name && b == version) {
            Some((_, _, there)) if *there == component => Ok(Uploaded {
                digest,
                created: false,
            }),
            Some(_) => Err(AdministrationError::Conflict {
                reason: format!(
                    "`{name}` {version} is there with other bytes: hand in a new version"
                ),
            }),
            None => {
                stored.push((name.to_owned(), version.to_owned(), component));
                Ok(Uploaded {
                    digest,
                    created: true,
                })
            }
        }
    }

    fn activate(
        &self,
        name: &str,
        version: &str,
        _: bool,
        _: &str,
        reason: Option<&str>,
    ) -> Result<Activated, AdministrationError> {
        let stored = self.stored.lock().unwrap();
        if version == "0.0.0" {
            return Err(AdministrationError::Failed {
                reason: "the disk is at /secret/place".to_owned(),
            });
        }
        if !stored.iter().any(|(a, b, _)| a == name && b == version) {
            let what = format!("version {version} of `{name}`");
            return Err(AdministrationError::NotFound { what });
        }
        Ok(Activated {
            version: version.to_owned(),
            previous: reason.map(str::to_owned),
        })
    }

    fn rollback(
        &self,
        name: &str,
        _: &str,
        reason: Option<&str>,
    ) -> Result<Activated, AdministrationError> {
        Err(AdministrationError::Conflict {
            reason: format!("`{name}` had no version before: activate one ({reason:?})"),
        })
    }

    fn list(&self) -> Result<Vec<Stored>, AdministrationError> {
        let stored = self.stored.lock().unwrap();
        let stored = stored.iter().map(|(name, version, _)| Stored {
            name: name.clone(),
            active: None,
            versions: vec![StoredVersion {
                version: version.clone(),
                digest: String::new(),
            }],
        });
        Ok(stored.collect())
    }

    fn show(&self, name: &str) -> Result<Stored, AdministrationError> {
        let found = self.list()?.into_iter().find(|stored| stored.name == name);
        found.ok_or_else(|| AdministrationError::NotFound {
            what: format!("policy `{name}`"),
        })
    }

    fn history(&self, _: &str) -> Result<Vec<Event>, AdministrationError> {
        Ok(Vec::new())
    }
}

fn administered() -> Service {
    let line = format!("ops administer {}", Tokens::digest("secret"));
    let tokens = Tokens::parse(&line).unwrap();
    builder()
        .administration(Memory::new())
        .tokens(tokens)
        .build()
}

async fn administer(
    service: &Service,
    method: Method,
    path: &str,
    kind: &str,
    body: &str,
) -> Answer {
    let headers = [("authorization", "Bearer secret"), ("content-type", kind)];
    send(service, ask(method, path, &headers, body.to_owned())).await
}

#[tokio::test]
async fn a_policys_way_in() {
    let service = administered();
    let (wasm, json) = ("application/wasm", "application/json");
    let one = "/v1/policies/new/1.0.0";
    let activate = "/v1/policies/new/activate";
    let rollback = "/v1/policies/new/rollback";
    let too_long = json!({"version": "1.0.0", "reason": "x".repeat(1_001)}).to_string();
    let table = [
        (Method::PUT, one, json, "bytes", 415),
        (Method::PUT, one, wasm, "", 422),
        (Method::PUT, one, wasm, "bytes", 201),
        (Method::PUT, one, wasm, "bytes", 200),
        (Method::PUT, one, wasm, "others", 409),
        (Method::POST, activate, json, r#"{"version": "1.0.0"}"#, 200),
        (Method::POST, activate, json, r#"{"version": "2.0.0"}"#, 404),
        (Method::POST, activate, json, r#"{"version": "0.0.0"}"#, 500),
        (Method::POST, activate, json, r#"{"version": 1}"#, 400),
        (
            Method::POST,
            activate,
            json,
            r#"{"version": "1.0.0", "allow_downgrade": "yes"}"#,
            400,
        ),
        (
            Method::POST,
            activate,
            json,
            r#"{"version": "1.0.0", "when": "now"}"#,
            400,
        ),
        (Method::POST, activate, json, "", 400),
        (Method::POST, activate, wasm, r#"{"version": "1.0.0"}"#, 415),
        (
            Method::POST,
            activate,
            json,
            r#"{"version": "1.0.0", "reason": "ticket 42"}"#,
            200,
        ),
        (Method::POST, activate, json, &too_long, 400),
        (Method::POST, rollback, json, "", 409),
        (Method::POST, rollback, json, "{}", 409),
        (Method::POST, rollback, json, r#"{"reason": "x"}"#, 409),
        (Method::POST, rollback, json, r#"{"why": "x"}"#, 400),
        (Method::POST, rollback, json, "[", 400),
        (Method::POST, rollback, json, &too_long, 400),
        (Method::POST, rollback, wasm, r#"{"reason": "x"}"#, 415),
        (Method::GET, "/v1/policies/new", json, "", 200),
        (Method::GET, "/v1/policies/newer", json, "", 404),
        (Method::GET, "/v1/policies", json, "", 200),
        (Method::GET, "/v1/policies/%ff", json, "", 400),
    ];
    for (method, path, kind, body, status) in table {
        let answer = administer(&service, method.clone(), path, kind, body).await;
        assert_eq!(
            answer.status, status,
            "{method} {path} {kind} {body} {answer:?}"
        );
        if status >= 400 {
            answer.problem();
            assert!(!answer.text().contains("secret"), "{answer:?}");
        }
    }
    // The reason arrives at the store.
    let body = r#"{"version": "1.0.0", "reason": "ticket 42"}"#;
    let answer = administer(&service, Method::POST, activate, json, body).await;
    assert_eq!(answer.json()["previous"], "ticket 42");
    let answer = administer(&service, Method::POST, rollback, json, r#"{"reason": "x"}"#).await;
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(r#"Some("x")"#), "{detail}");
    let answer = administer(&service, Method::GET, "/v1/policies/new", json, "")
        .await
        .json();
    assert_eq!(answer["stored"]["versions"][0]["version"], "1.0.0");
    assert_eq!(answer["versions"], json!({}));
}

#[tokio::test]
async fn what_decides_here() {
    let service = builder().build();
    let list = get(&service, "/v1/policies").await.json();
    assert_eq!(list["default"], "acme");
    assert_eq!(list["policies"][0]["active"], "1.0.0");
    assert_eq!(list["stored"], Value::Null);
    let digest = &list["policies"][0]["versions"]["2.0.0"];
    let show = get(&service, "/v1/policies/acme").await.json();
    assert_eq!(&show["versions"]["2.0.0"], digest);
    assert!(show.get("history").is_none());
    let version = get(&service, "/v1/policies/acme/2.0.0").await.json();
    assert_eq!(&version["policy"]["digest"], digest);
    assert_eq!(version["active"], false);
    assert_eq!(version["manifest"]["actions"], json!(["look", "scan"]));
    for path in [
        "/v1/policies/other",
        "/v1/policies/other/1.0.0",
        "/v1/policies/acme/3.0.0",
    ] {
        assert_eq!(get(&service, path).await.problem(), "not-found", "{path}");
    }
}
