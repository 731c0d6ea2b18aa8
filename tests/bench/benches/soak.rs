//! Honest and hostile callers of one service, for ten minutes: what the honest ones are answered beside what they are without the others, and
//! the service's memory over time.
//!
//! `cargo build --release -p scopegate-cli && cargo bench -p scopegate-bench --bench soak`; `-- 60` takes a minute. Everything stays on this
//! machine and ends by itself. It exits with 1 if honest callers keep less than 0.8 of their rate, or if memory grows.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use scopegate_bench::soak::{Honest, Hostile, Program, Rates};
use tokio::time::sleep;

/// How long it takes if nothing else is asked for.
const SECONDS: u64 = 600;

/// How much of that honest callers are alone, first and at the end.
const ALONE: u32 = 10;

/// What honest callers have to keep of their rate.
const KEPT: f64 = 0.8;

/// What the memory of the last third may be of that of the second, beside 64 MiB.
const GROWTH: f64 = 1.1;
const SLACK_KIB: f64 = 65_536.0;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS;
    }
    let seconds = arguments.iter().find_map(|argument| argument.parse().ok());
    let time = Duration::from_secs(seconds.unwrap_or(SECONDS).max(10));
    let threads = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("threads");
    let program = match Program::start() {
        Ok(program) => program,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    threads.block_on(soak(&program, time))
}

async fn soak(program: &Program, time: Duration) -> ExitCode {
    let alone = (time / ALONE).max(Duration::from_secs(2));
    let beside_time = time.saturating_sub(2 * alone);
    println!(
        "honest callers alone for {alone:.0?}, beside hostile ones for {beside_time:.0?}, alone again"
    );
    let before = during(program, alone).await;
    let hostile = Hostile::start(program.address);
    // Until all of them are there.
    sleep(Duration::from_secs(2)).await;
    let mut memory = Vec::new();
    let (honest, begin) = (Honest::start(program.address), Instant::now());
    while begin.elapsed() < beside_time {
        sleep(Duration::from_secs(1)).await;
        memory.extend(program.resident_kib());
    }
    let beside = honest.rates();
    drop((honest, hostile));
    sleep(Duration::from_secs(2)).await;
    let after = during(program, alone).await;
    report(before, beside, after, &memory)
}

async fn during(program: &Program, time: Duration) -> Rates {
    let honest = Honest::start(program.address);
    sleep(time).await;
    honest.rates()
}

fn report(before: Rates, beside: Rates, after: Rates, memory: &[u64]) -> ExitCode {
    let mut is_kept = true;
    for (what, of) in [
        ("single decisions", (|it| it.single) as fn(&Rates) -> f64),
        ("lists of 100", |it| it.lists),
        ("health", |it| it.health),
    ] {
        let alone = f64::midpoint(of(&before), of(&after));
        let (ratio, beside) = (of(&beside) / alone, of(&beside));
        is_kept &= ratio >= KEPT;
        println!(
            "{what:<18} {alone:>8.1} a second alone   {beside:>8.1} beside hostile callers   {ratio:.2}"
        );
    }
    println!(
        "refused {}, broken off {} of all that honest callers asked meanwhile",
        beside.refused, beside.broken
    );
    let is_flat = is_flat(memory);
    let steps = memory.len().div_ceil(10).max(1);
    let mib: Vec<_> = memory
        .iter()
        .step_by(steps)
        .map(|kib| (kib / 1024).to_string())
        .collect();
    println!("resident memory in MiB over time: {}", mib.join(" "));
    for (bar, is_met) in [
        ("honest callers keep 0.8 of their rate", is_kept),
        ("memory is flat", is_flat),
    ] {
        println!("{bar}: {}", if is_met { "yes" } else { "NO" });
    }
    if is_kept && is_flat {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Whether the memory of the last third is about that of the second.
#[expect(clippy::cast_precision_loss, reason = "memory is far below 2^52 KiB")]
fn is_flat(memory: &[u64]) -> bool {
    let most = |part: &[u64]| part.iter().max().copied().unwrap_or_default() as f64;
    let third = memory.len() / 3;
    let (second, last) = (&memory[third..2 * third], &memory[2 * third..]);
    most(last) <= GROWTH * most(second) + SLACK_KIB
}
