//! Makes what fails smaller: a condition by its brackets, a request by its optional facts.

use scopegate::Request;

/// The smallest condition that can be had by leaving things out of which `fails` still holds.
pub fn condition(mut condition: String, fails: &mut dyn FnMut(&str) -> bool) -> String {
    while let Some(smaller) = smaller(&condition).into_iter().find(|text| fails(text)) {
        condition = smaller;
    }
    condition
}

/// A bracket's content instead of the whole or of the bracket, a constant instead of a bracket: the shortest first.
fn smaller(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut open = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => open.push(at),
            b')' => {
                let Some(from) = open.pop() else { continue };
                let (before, within, after) = (&text[..from], &text[from + 1..at], &text[at + 1..]);
                all.push(within.to_owned());
                all.push(format!("{before}{within}{after}"));
                all.extend(["true", "false"].map(|constant| format!("{before}{constant}{after}")));
            }
            _ => {}
        }
    }
    for sides in [" && ", " || ", " ? ", " : "] {
        for (at, _) in text.match_indices(sides) {
            all.extend([text[..at].to_owned(), text[at + sides.len()..].to_owned()]);
        }
    }
    all.retain(|smaller| smaller.len() < text.len());
    all.sort_by_key(String::len);
    all.dedup();
    all
}

/// The request without the optional facts that are not needed to fail.
pub fn request(mut request: Request, fails: &mut dyn FnMut(&Request) -> bool) -> Request {
    let leave_out: [fn(&mut Request); 8] = [
        |request| request.scan = None,
        |request| request.task = None,
        |request| request.access = None,
        |request| request.approved_scope = None,
        |request| request.remediation_approval = None,
        |request| request.responsibility.authorized_for = None,
        |request| request.attributes.clear(),
        |request| {
            if let Some(scan) = &mut request.scan {
                scan.targets.truncate(1);
            }
        },
    ];
    for leave_out in leave_out {
        let mut smaller = request.clone();
        leave_out(&mut smaller);
        if fails(&smaller) {
            request = smaller;
        }
    }
    request
}
