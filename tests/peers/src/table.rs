//! The run as text.
//!
//! Always true here: what is printed is in the data that `--json` writes.

use std::fmt::{Display, Formatter, Result};

use crate::report::Report;

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(
            f,
            "{} requests; nanoseconds a decision, median of {} rounds measured in turn; all answers equal",
            self.requests,
            crate::timing::ROUNDS
        )?;
        for set in &self.sets {
            writeln!(
                f,
                "\n{} ({} of {} requests allowed, others with up to {} rules unmet)",
                set.name, set.allowed, self.requests, set.most_unmet
            )?;
            writeln!(
                f,
                "  {:<22} {:>12} {:>10} {:>12} {:>10} {:>10}",
                "", "ns/decision", "x native", "ns, typed", "load ms", "KiB"
            )?;
            for row in &set.rows {
                let engine = match &row.version {
                    Some(version) => format!("{} {version}", row.engine),
                    None => row.engine.to_owned(),
                };
                let memory = row.memory_kib.map_or("?".to_owned(), |kib| kib.to_string());
                writeln!(
                    f,
                    "  {engine:<22} {:>12.0} {:>10.1} {:>12.0} {:>10.2} {memory:>10}",
                    row.nanoseconds, row.ratio, row.typed_nanoseconds, row.load_milliseconds
                )?;
            }
            writeln!(
                f,
                "  Scopegate's time beside the fastest peer's: {:.3} x from the typed request, {:.3} x with the peers' made ready",
                set.beside_the_fastest(|row| row.typed_nanoseconds),
                set.beside_the_fastest(|row| row.nanoseconds)
            )?;
            writeln!(
                f,
                "  Scopegate's load: rules to component {:.2} ms, component to policy {:.2} ms",
                set.compile_milliseconds, set.component_milliseconds
            )?;
        }
        writeln!(
            f,
            "\nJSON text to JSON text, 20 rules: Scopegate {:.0} ns, serde_json with a plain struct and native Rust {:.0} ns",
            self.json.scopegate, self.json.plain
        )?;
        writeln!(
            f,
            "Two threads decide, 20 rules: Scopegate {:.2} x one, native Rust {:.2} x one",
            self.threads.scopegate, self.threads.native
        )?;
        writeln!(f, "\nBars")?;
        for bar in &self.bars {
            let verdict = match bar.is_met {
                Some(true) => "met",
                Some(false) => "NOT MET",
                None => "not judged: no second core to spare",
            };
            writeln!(
                f,
                "  {:<46} {:>8.2}   {:<32} {verdict}",
                bar.what, bar.found, bar.asked
            )?;
        }
        Ok(())
    }
}
