//! `scopegate policy allow`: what one policy may cost and import.
//!
//! Always true here: what holds is shown, whether anything was changed or not.

use std::io::Write;

use scopegate::Limits;
use scopegate_store::{Allowance, Store};

use crate::arguments::Allow;
use crate::exit::Exit;
use crate::output::{FAINT, Plain, STRONG};

pub(super) fn run(store: &Store, given: &Allow, out: &mut impl Write) -> anyhow::Result<Exit> {
    let name = &given.name;
    let before = store.allowance(name)?;
    let after = changed(given, &before);
    if after != before {
        store.allow(name, &after)?;
    }
    let all = Limits::default();
    let limits = after.limits(&all);
    writeln!(out, "{STRONG}{}{STRONG:#} may have", Plain(name))?;
    let ms = |time: std::time::Duration| time.as_millis();
    let wasi = if after.wasi {
        "yes, an empty one"
    } else {
        "no"
    };
    let rows = [
        ("WASI 0.2", wasi.to_owned(), after.wasi),
        (
            "memory",
            format!("{} bytes", limits.memory_bytes),
            after.memory_bytes.is_some(),
        ),
        (
            "time of a call",
            format!("{} ms", ms(limits.time)),
            after.time_ms.is_some(),
        ),
        (
            "fuel of a call",
            limits.fuel.to_string(),
            after.fuel.is_some(),
        ),
        (
            "a component of",
            format!("{} bytes", limits.component_bytes),
            after.component_bytes.is_some(),
        ),
        (
            "a result of",
            format!("{} bytes", limits.result_bytes),
            after.result_bytes.is_some(),
        ),
        (
            "time to compile",
            format!("{} ms", ms(limits.compile_time)),
            after.compile_ms.is_some(),
        ),
        (
            "memory to compile",
            format!("{} bytes", limits.compile_bytes),
            after.compile_bytes.is_some(),
        ),
    ];
    for (what, value, is_own) in rows {
        if is_own {
            writeln!(out, "  {what:<18} {value}")?;
        } else {
            writeln!(out, "  {FAINT}{what:<18} {value}, as every policy{FAINT:#}")?;
        }
    }
    Ok(Exit::Done)
}

fn changed(given: &Allow, before: &Allowance) -> Allowance {
    if given.default {
        return Allowance::default();
    }
    Allowance {
        wasi: given
            .wasi
            .as_ref()
            .map_or(before.wasi, |wasi| wasi == "yes"),
        memory_bytes: given.memory_bytes.or(before.memory_bytes),
        time_ms: given.time_ms.or(before.time_ms),
        fuel: given.fuel.or(before.fuel),
        component_bytes: given.component_bytes.or(before.component_bytes),
        result_bytes: given.result_bytes.or(before.result_bytes),
        compile_ms: given.compile_ms.or(before.compile_ms),
        compile_bytes: given.compile_bytes.or(before.compile_bytes),
    }
}
