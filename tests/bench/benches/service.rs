//! What the service adds to a web server: decisions over HTTP beside the same server that answers a constant.
//!
//! Always true here: both are asked over the same kind of connections, with the same bodies, in turn; no two requests of a list are the same.

use std::hint::black_box;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use mimalloc::MiMalloc;
use scopegate::Engine;
use scopegate_bench::{requests, rule_sets};
use scopegate_server::{Service, Shelf, Shelved, Snapshot, serve};

/// The program's.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// How long each is asked in a round.
const SLICE: Duration = Duration::from_millis(500);
const ROUNDS: usize = 11;
const CALLERS: usize = 4;
const BATCH: usize = 1_000;

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("threads");
    let engine = Engine::new().expect("this machine runs WebAssembly");
    let component =
        scopegate_compiler::compile(&rule_sets::default_policy()).expect("the rules are right");
    let policy = engine.load(&component.component).expect("it loads");
    let name = policy.id().name.clone();
    let requests = requests::varied(BATCH);
    let typed =
        scopegate::Request::from_json(requests[0].as_bytes(), || 1_795_435_200).expect("a request");
    let answer =
        serde_json::to_string(&policy.evaluate(&typed).expect("a decision")).expect("JSON");
    let shelf = Arc::new(Shelf::new(Snapshot::new([(name, Shelved::active(policy))])));
    let service = Service::builder(shelf).build();
    let constant = axum::Router::new().route(
        "/v1/decisions",
        axum::routing::post(move |body: axum::body::Bytes| {
            black_box(body);
            let answer = answer.clone();
            async move { ([("content-type", "application/json")], answer) }
        }),
    );
    let constant = constant.layer(axum::extract::DefaultBodyLimit::disable());
    let bind = || {
        runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .expect("a port")
    };
    let (ours, floor) = (bind(), bind());
    let addresses = [&floor, &ours].map(|listener| listener.local_addr().expect("an address"));
    runtime.spawn(serve(ours, service, std::future::pending()));
    runtime.spawn(async move { axum::serve(floor, constant).await });

    let list = [format!("[{}]", requests.join(","))];
    let mut rates: [Vec<f64>; 4] = Default::default();
    let mut times: [Vec<Duration>; 2] = Default::default();
    for _ in 0..ROUNDS {
        for (index, address) in addresses.into_iter().enumerate() {
            let asked = ask(address, &requests);
            rates[index].push(a_second(asked.len()));
            times[index].extend(asked);
            let lists = ask(address, &list);
            rates[2 + index].push(a_second(lists.len() * BATCH));
        }
    }
    // Each beside what was asked in the same round: the pace of a machine changes.
    let beside_constant = median(ratios(&rates[1], &rates[0]));
    let beside_single = median(ratios(&rates[3], &rates[1]));
    let [constant, single, constant_batched, batched] = rates.map(median);
    let [floor_p99, p99] = times.map(p99);
    println!(
        "{CALLERS} connections, the callers on the same cores; medians of {ROUNDS} rounds in turn, also of what is compared"
    );
    println!(
        "the same server, a constant answer    {constant:>9.0} a second   p99 {floor_p99:>6.0?}"
    );
    println!(
        "POST /v1/decisions, one request       {single:>9.0} a second   p99 {p99:>6.0?}   {beside_constant:.2} x the constant"
    );
    println!("the same server, lists of {BATCH}        {constant_batched:>9.0} a second");
    println!(
        "POST /v1/decisions, lists of {BATCH}     {batched:>9.0} a second   {beside_single:.1} x one request"
    );
}

/// How long each answer took, on several connections at once, which send `bodies` in turn.
fn ask(address: SocketAddr, bodies: &[String]) -> Vec<Duration> {
    let message = |body: &String| {
        let length = body.len();
        format!(
            "POST /v1/decisions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    };
    let messages: Vec<String> = bodies.iter().map(message).collect();
    let caller = || {
        let stream = TcpStream::connect(address).expect("it listens");
        stream.set_nodelay(true).expect("an option");
        let mut stream = BufReader::with_capacity(1 << 16, stream);
        let (end, mut times) = (Instant::now() + SLICE, Vec::new());
        let mut messages = messages.iter().cycle();
        let mut buffer = vec![0; 1 << 16];
        while Instant::now() < end {
            let message = messages.next().expect("there is one");
            let begin = Instant::now();
            stream
                .get_mut()
                .write_all(message.as_bytes())
                .expect("it is sent");
            answer(&mut stream, &mut buffer);
            times.push(begin.elapsed());
        }
        times
    };
    thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS).map(|_| scope.spawn(caller)).collect();
        callers
            .into_iter()
            .flat_map(|caller| caller.join().expect("it asks"))
            .collect()
    })
}

/// Reads one answer to its end, piece by piece into `buffer`.
fn answer(stream: &mut BufReader<TcpStream>, buffer: &mut [u8]) {
    let mut line = String::new();
    let (mut length, mut is_chunked, mut is_first) = (0, false, true);
    loop {
        line.clear();
        stream.read_line(&mut line).expect("it answers");
        if std::mem::take(&mut is_first) {
            assert!(line.contains(" 200 "), "{line}");
        }
        let text = line.trim_end();
        if text.is_empty() {
            break;
        }
        if let Some(value) = text.strip_prefix("content-length: ") {
            length = value.parse().expect("a number");
        }
        is_chunked |= text == "transfer-encoding: chunked";
    }
    loop {
        if is_chunked {
            line.clear();
            stream.read_line(&mut line).expect("it answers");
            length = usize::from_str_radix(line.trim_end(), 16).expect("a size") + 2;
        }
        let is_last = !is_chunked || length == 2;
        while length > 0 {
            let most = length.min(buffer.len());
            stream.read_exact(&mut buffer[..most]).expect("it answers");
            length -= most;
        }
        if is_last {
            return;
        }
    }
}

fn a_second(answers: usize) -> f64 {
    let answers = u32::try_from(answers).expect("they are few");
    f64::from(answers) / SLICE.as_secs_f64()
}

/// What each rate is of the one beside it.
fn ratios(rates: &[f64], beside: &[f64]) -> Vec<f64> {
    let pairs = rates.iter().zip(beside);
    pairs.map(|(rate, beside)| rate / beside).collect()
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() * 99 / 100]
}
