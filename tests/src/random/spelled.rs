//! Requests whose names may print as nothing, and whose pages are spelled in many ways.

use super::Requests;
use super::pool::one_of;
use crate::cases;
use fastrand::Rng;
use scopegate::{Request, TargetKind};
use serde_json::Value;

/// Texts of base requests that name somebody or something, or give a reason.
const NAMES: [&str; 13] = [
    "user-17",
    "agent-3",
    "acct-1",
    "agency-9",
    "proj-1",
    "client-a",
    "fix-42",
    "customer-org",
    "customer-shop",
    "customer-org/site#main",
    "theme-1",
    "because",
    "",
];

/// What stands in their place: most of it prints as nothing.
const ODD: [&str; 14] = [
    "",
    " ",
    "\t\n",
    "\0",
    "\u{a0}",
    "\u{200b}",
    "\u{3164}\u{2800}",
    "\u{feff} ",
    "\u{e0020}",
    "\u{10ffff}",
    "\u{301}",
    "\u{200b}x",
    "é",
    "-",
];

/// Paths, and what may be put behind a segment.
const PATHS: [&str; 14] = [
    "/admin",
    "/Admin/users",
    "/admin/USERS",
    "/account",
    "/caf%C3%A9",
    "/CAF%C3%89",
    "/cafe%CC%81",
    "/stra%C3%9Fe",
    "/STRASSE",
    "/%D0%B6",
    "/%D0%96/x",
    "/%E6%9D%B1",
    "/wiki/Talk:Main",
    "/wiki/Talk:Other",
];
const ENDS: [&str; 16] = [
    "",
    "",
    "",
    "",
    ".",
    "...",
    "%20.",
    "::$DATA",
    ":x",
    ".:x",
    "%20",
    "%C2%A0",
    "%E2%80%8B",
    "%FF",
    "istrator",
    "/",
];

/// An endless sequence of such requests.
pub fn spelled(seed: u64) -> impl Iterator<Item = Request> {
    let mut rng = Rng::with_seed(seed);
    Requests::new(seed).map(move |mut request| {
        if let Some(scan) = &mut request.scan {
            for target in &mut scan.targets {
                target.url = format!("https://shop.example{}", path(&mut rng));
                target.kind = TargetKind::Public;
            }
            scan.accepted.push("https://shop.example/".to_owned());
            let host = one_of(
                &mut rng,
                &["", "", "https://shop.example", "https://other.example"],
            );
            scan.excluded = vec![format!("{host}{}", path(&mut rng))];
        }
        if rng.u8(..4) == 0 {
            return request;
        }
        let (name, odd) = (one_of(&mut rng, &NAMES), one_of(&mut rng, &ODD));
        let mut json = serde_json::to_value(&request).expect("a request can be written");
        replace(&mut json, name, odd);
        cases::request(&json).unwrap_or(request)
    })
}

fn path(rng: &mut Rng) -> String {
    let path = one_of(rng, &PATHS);
    match path.rsplit_once('/') {
        Some((folder, last)) if rng.u8(..4) == 0 => {
            format!(
                "{folder}{}/{last}",
                if folder.is_empty() {
                    ""
                } else {
                    one_of(rng, &ENDS)
                }
            )
        }
        _ => format!("{path}{}", one_of(rng, &ENDS)),
    }
}

/// Puts another text in the place of one, wherever it stands.
fn replace(json: &mut Value, name: &str, odd: &str) {
    match json {
        Value::String(text) if text == name => odd.clone_into(text),
        Value::Array(elements) => elements.iter_mut().for_each(|it| replace(it, name, odd)),
        Value::Object(fields) => fields.values_mut().for_each(|it| replace(it, name, odd)),
        _ => {}
    }
}
