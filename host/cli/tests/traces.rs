//! Traces of requests, received by a collector on this machine.

mod program;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::{fs, thread};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use program::scopegate;
use program::serving::{Caller, Serving, stored};
use prost::Message as _;

/// Takes what is sent by OTLP over HTTP.
struct Collector {
    endpoint: String,
    received: mpsc::Receiver<Vec<u8>>,
}

impl Collector {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("it listens");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let (receives, received) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let receives = receives.clone();
                thread::spawn(move || take(stream.expect("a connection"), &receives));
            }
        });
        Self { endpoint, received }
    }

    /// Every span that was sent, and the bytes that they came in, after the service has ended.
    fn spans(&self) -> (Vec<Span>, Vec<u8>) {
        let (mut spans, mut all) = (Vec::new(), Vec::new());
        for body in self.received.try_iter() {
            let sent = ExportTraceServiceRequest::decode(&body[..]).expect("spans");
            for resource in sent.resource_spans {
                spans.extend(resource.scope_spans.into_iter().flat_map(|it| it.spans));
            }
            all.extend(body);
        }
        (spans, all)
    }
}

fn take(stream: TcpStream, receives: &mpsc::Sender<Vec<u8>>) {
    let mut from = BufReader::new(stream);
    let mut line = String::new();
    while from.read_line(&mut line).is_ok_and(|read| read > 0) {
        assert_eq!(line, "POST /v1/traces HTTP/1.1\r\n");
        let mut length = 0;
        loop {
            line.clear();
            from.read_line(&mut line).expect("a head");
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length: ") {
                length = value.trim().parse().expect("a number");
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        from.read_exact(&mut body).expect("a body");
        receives.send(body).expect("the test is there");
        let answer =
            b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
        from.get_mut().write_all(answer).expect("it is sent");
        line.clear();
    }
}

fn said<'s>(span: &'s Span, key: &str) -> Option<&'s Value> {
    let found = span.attributes.iter().find(|it| it.key == key)?;
    found.value.as_ref()?.value.as_ref()
}

#[test]
fn a_decision_is_a_span_of_its_callers_trace_and_tells_no_secret() {
    let collector = Collector::new();
    let (folder, store, request) = stored();
    let tokens = folder.path().join("tokens");
    let digest = scopegate_server::Tokens::digest("very-secret");
    fs::write(&tokens, format!("app decide {digest}\n")).expect("a file");
    let serving = Serving::new(&[
        "--store",
        &store,
        "--tokens",
        tokens.to_str().expect("a path"),
        "--otlp-endpoint",
        &collector.endpoint,
    ]);
    let mut caller = Caller::new(serving.address);
    let (trace, parent) = (
        0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128,
        0xb7ad_6b71_6920_3331_u64,
    );
    let traceparent = format!("00-{trace:032x}-{parent:016x}-01");
    let headers = |parent| {
        [
            ("authorization", "Bearer very-secret"),
            ("content-type", "application/json"),
            ("traceparent", parent),
        ]
    };
    let (status, _) = caller.send(
        "POST",
        "/v1/decisions",
        &headers(&traceparent),
        request.as_bytes(),
    );
    assert_eq!(status, 200);
    // A caller that says nonsense, or that nobody is to record it.
    for parent in [
        "nonsense",
        "00-0af7651916cd43dd8448eb211c80319d-b7ad6b7169203331-00",
    ] {
        let (status, _) = caller.send("GET", "/v1/policies/acme", &headers(parent), b"");
        assert_eq!(status, 200);
    }
    drop(caller);
    serving.end();

    let (spans, bytes) = collector.spans();
    assert_eq!(spans.len(), 2, "{spans:#?}");
    let (decided, shown) = (&spans[0], &spans[1]);
    assert_eq!(decided.trace_id, trace.to_be_bytes());
    assert_eq!(decided.parent_span_id, parent.to_be_bytes());
    assert_eq!(decided.kind(), SpanKind::Server);
    let text = |text: &str| Some(Value::StringValue(text.to_owned()));
    for (key, expected) in [
        ("method", text("POST")),
        ("route", text("/v1/decisions")),
        ("status", Some(Value::IntValue(200))),
        ("policy", text("acme")),
        ("version", text("0.1.0")),
        ("outcome", text("allow")),
    ] {
        assert_eq!(said(decided, key), expected.as_ref(), "{key}");
    }
    assert_eq!(said(shown, "route"), text("/v1/policies/{name}").as_ref());
    assert!(shown.parent_span_id.is_empty() && shown.trace_id != trace.to_be_bytes());
    let known = [
        "method", "route", "id", "status", "policy", "version", "outcome",
    ];
    for span in &spans {
        assert!(span.events.is_empty(), "{span:#?}");
        for attribute in &span.attributes {
            assert!(known.contains(&attribute.key.as_str()), "{attribute:?}");
        }
    }
    let bytes = String::from_utf8_lossy(&bytes);
    let request = program::json(&request);
    let actor = request["actor"]["id"].as_str().expect("an id");
    for secret in ["very-secret", &digest[7..], actor] {
        assert!(!bytes.contains(secret), "{secret}");
    }
}

/// Decisions go on, and the traces that there is no room for are lost.
#[test]
fn a_collector_that_never_answers_holds_nothing_up() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("an address");
    let endpoint = format!("http://{}", silent.local_addr().expect("an address"));
    let (_folder, store, request) = stored();
    let serving = Serving::new(&["--store", &store, "--otlp-endpoint", &endpoint]);
    let mut caller = Caller::new(serving.address);
    for _ in 0..4_000 {
        caller.decide(&request);
    }
    serving.says("SpanDroppingStarted");
}

#[test]
fn a_collector_that_is_not_there_is_a_warning() {
    let closed = TcpListener::bind("127.0.0.1:0").expect("an address");
    let endpoint = format!("http://{}", closed.local_addr().expect("an address"));
    drop(closed);
    let (_folder, store, request) = stored();
    let serving = Serving::new(&["--store", &store, "--otlp-endpoint", &endpoint]);
    let mut caller = Caller::new(serving.address);
    // More than one batch.
    for _ in 0..1_200 {
        caller.decide(&request);
    }
    drop(caller);
    let said = serving.end();
    let of_traces: Vec<_> = said
        .iter()
        .filter(|line| line.contains("collector"))
        .collect();
    assert_eq!(of_traces.len(), 1, "{said:#?}");
    assert!(of_traces[0].contains("WARN"), "{of_traces:?}");

    let run = scopegate(&["serve", "--otlp-endpoint", "https://collector"], b"");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("give an http URL"), "{}", run.stderr);
}
