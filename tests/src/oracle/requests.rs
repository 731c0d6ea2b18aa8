//! Random requests for the oracle: those of the default policy, with texts of all kinds, custom facts and unequal lists.

use fastrand::Rng;
use scopegate::{Attribute, AttributeValue, Request};

/// Texts of which sizes, order, patterns and escapes make a difference.
pub(super) const TEXTS: [&str; 22] = [
    "",
    "a",
    "A",
    "b",
    "ab",
    "é",
    "e\u{301}",
    "日本",
    "😀",
    "a😀b",
    "~",
    "\u{7f}",
    "\"q\"",
    "it's",
    "back\\slash",
    "line\nbreak",
    "tab\there",
    "fix-42",
    "user-17",
    "github",
    "scan",
    "a rather long text, longer than any that is compared a word at a time, ends here",
];

const NUMBERS: [i64; 12] = [
    i64::MIN,
    i64::MAX,
    -1,
    0,
    1,
    2,
    3,
    10,
    42,
    4_294_967_295,
    4_294_967_296,
    -42,
];

/// An endless sequence of requests.
#[derive(Clone, Debug)]
pub struct Requests {
    rng: Rng,
    plain: crate::random::Requests,
}

impl Requests {
    /// The requests of a seed.
    pub fn new(seed: u64) -> Self {
        Self {
            rng: Rng::with_seed(seed ^ 0x5eed),
            plain: crate::random::Requests::new(seed),
        }
    }

    fn text(&mut self) -> String {
        TEXTS[self.rng.usize(..TEXTS.len())].to_owned()
    }

    fn texts(&mut self) -> Vec<String> {
        let count = [0, 1, 1, 2, 3, 7][self.rng.usize(..6)];
        (0..count).map(|_| self.text()).collect()
    }

    fn attributes(&mut self) -> Vec<Attribute> {
        let mut attributes = Vec::new();
        for declared in &super::world::ATTRIBUTES {
            if self.rng.u8(..3) == 0 {
                continue;
            }
            let value = match declared.of {
                "text" => AttributeValue::Text(self.text()),
                "number" => AttributeValue::Number(NUMBERS[self.rng.usize(..NUMBERS.len())]),
                "truth" => AttributeValue::Truth(self.rng.bool()),
                _ => AttributeValue::Texts(self.texts()),
            };
            attributes.push(Attribute {
                name: declared.name.to_owned(),
                value,
            });
        }
        if self.rng.u8(..3) == 0 {
            attributes.push(Attribute {
                name: "undeclared".to_owned(),
                value: AttributeValue::Text(self.text()),
            });
        }
        self.rng.shuffle(&mut attributes);
        attributes
    }

    fn vary(&mut self, request: &mut Request) {
        let mut count = 0;
        texts_of(request, &mut |_| count += 1);
        for _ in 0..[0, 2, 5, 10][self.rng.usize(..4)] {
            let (chosen, text) = (self.rng.usize(..count), self.text());
            let mut at = 0;
            texts_of(request, &mut |fact| {
                if at == chosen {
                    fact.clone_from(&text);
                }
                at += 1;
            });
        }
        if let Some(scan) = &mut request.scan
            && self.rng.bool()
        {
            scan.excluded.clone_from(&scan.accepted);
            scan.credits = self.rng.u32(..5);
        }
        if let (Some(task), Some(access)) = (&mut request.task, &request.access)
            && self.rng.u8(..3) == 0
        {
            task.needed_scopes.clone_from(&access.required_scopes);
        }
    }
}

impl Iterator for Requests {
    type Item = Request;

    fn next(&mut self) -> Option<Request> {
        let mut request = self.plain.next()?;
        self.vary(&mut request);
        request.attributes = self.attributes();
        Some(request)
    }
}

/// Shows each text of the request.
fn texts_of(request: &mut Request, see: &mut impl FnMut(&mut String)) {
    for text in [
        &mut request.action,
        &mut request.actor.id,
        &mut request.actor.account,
        &mut request.tenancy.account,
        &mut request.tenancy.project,
        &mut request.tenancy.client_workspace,
        &mut request.agency_account,
    ] {
        see(text);
    }
    if let Some(authorized) = &mut request.responsibility.authorized_for {
        see(&mut authorized.tenancy.account);
        authorized.hosts.iter_mut().for_each(&mut *see);
    }
    if let Some(scan) = &mut request.scan {
        see(&mut scan.accepted_for.project);
        scan.targets
            .iter_mut()
            .for_each(|target| see(&mut target.url));
        scan.accepted
            .iter_mut()
            .chain(&mut scan.excluded)
            .for_each(&mut *see);
    }
    if let Some(task) = &mut request.task {
        [&mut task.id, &mut task.provider, &mut task.connected_reason]
            .into_iter()
            .for_each(&mut *see);
        task.needed_scopes.iter_mut().for_each(&mut *see);
    }
    if let Some(access) = &mut request.access {
        [
            &mut access.provider,
            &mut access.provider_account,
            &mut access.resource.id,
            &mut access.task,
            &mut access.revoke_reason,
        ]
        .into_iter()
        .for_each(&mut *see);
        access.required_scopes.iter_mut().for_each(&mut *see);
    }
    if let Some(approved) = &mut request.approved_scope {
        [
            &mut approved.provider,
            &mut approved.provider_account,
            &mut approved.resource.id,
            &mut approved.task,
            &mut approved.approver.id,
        ]
        .into_iter()
        .for_each(&mut *see);
        approved.scopes.iter_mut().for_each(&mut *see);
    }
    if let Some(approval) = &mut request.remediation_approval {
        [&mut approval.task, &mut approval.approver.account]
            .into_iter()
            .for_each(see);
    }
}
