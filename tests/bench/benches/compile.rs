//! How long the compiler takes from a rule set's text to its component.

use std::time::Instant;

use scopegate_bench::rule_sets;
use scopegate_bench::timing::median;

fn main() {
    for (name, source) in [
        ("the default policy", rule_sets::default_policy()),
        ("  + 1,000 requirements", rule_sets::for_every_action(1_000)),
        ("  + 3,000 requirements", rule_sets::for_every_action(3_000)),
    ] {
        let mut bytes = 0;
        let times = (0..7).map(|_| {
            let start = Instant::now();
            bytes = scopegate_compiler::compile(&source)
                .expect("the rule set is right")
                .component
                .len();
            start.elapsed().as_secs_f64() * 1e3
        });
        let time = median(times.collect());
        println!(
            "{name:<24} {:>8} bytes of rules  {time:>8.1} ms  {bytes:>8} bytes of component",
            source.len()
        );
    }
}
