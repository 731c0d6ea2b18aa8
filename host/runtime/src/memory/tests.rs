//! Layouts against `wit-parser`, facts in too little room, and answers from memory that holds anything.

use fastrand::Rng;
use wit_parser::{Resolve, SizeAlign, Type};

use super::{ALL, Laid, Layout, Memory, lay, lay_within};
use crate::contract::{Evaluated, Explained, RawEvaluationError, RawExplanation};
use crate::facts::*;
use crate::fault::Fault;
use crate::manifest::{AttributeDeclaration, Manifest, PolicyLimits, ReadyState, Requirement};

const FULL: &[u8] = include_bytes!("../../tests/runtime/full.json");

#[test]
fn layouts_are_those_of_the_contract() {
    let mut resolve = Resolve::new();
    resolve
        .push_str("gate.wit", scopegate_contract::WIT)
        .expect("the contract is valid");
    let mut sizes = SizeAlign::default();
    sizes.fill(&resolve);
    let laid = [
        ("request", Request::LAYOUT),
        ("person", Person::LAYOUT),
        ("tenancy", Tenancy::LAYOUT),
        ("authorization", Authorization::LAYOUT),
        ("evidence-review", EvidenceReview::LAYOUT),
        ("responsibility", Responsibility::LAYOUT),
        ("target", Target::LAYOUT),
        ("scan", Scan::LAYOUT),
        ("resource", Resource::LAYOUT),
        ("task", Task::LAYOUT),
        ("access", Access::LAYOUT),
        ("approved-scope", ApprovedScope::LAYOUT),
        ("remediation-approval", RemediationApproval::LAYOUT),
        ("attribute", Attribute::LAYOUT),
        ("attribute-value", AttributeValue::LAYOUT),
        ("access-mode", AccessMode::LAYOUT),
        ("evaluation-error", RawEvaluationError::LAYOUT),
        ("explanation", RawExplanation::LAYOUT),
        ("requirement", Requirement::LAYOUT),
        ("ready-state", ReadyState::LAYOUT),
        ("attribute-declaration", AttributeDeclaration::LAYOUT),
        ("limits", PolicyLimits::LAYOUT),
        ("manifest", Manifest::LAYOUT),
    ];
    for (name, layout) in laid {
        let (id, _) = resolve
            .types
            .iter()
            .find(|(_, def)| def.name.as_deref() == Some(name))
            .unwrap_or_else(|| panic!("the contract has no `{name}`"));
        let expected = Layout {
            size: sizes.size(&Type::Id(id)).size_wasm32(),
            align: sizes.align(&Type::Id(id)).align_wasm32(),
        };
        assert_eq!(layout, expected, "{name}");
    }
}

#[test]
fn a_request_takes_the_bytes_it_says_and_is_refused_less() {
    let request = Request::from_json(FULL, || 0).expect("the example is a request");
    let address = 1_024;
    let bytes = request.bytes();
    for room in (0..bytes).step_by(7).chain([bytes - 1]) {
        assert_eq!(
            lay(&request, &mut vec![0; address + room], address),
            None,
            "{room}"
        );
    }
    for room in [bytes, bytes + 1] {
        let mut memory = vec![0xAA; address + room];
        let end = lay(&request, &mut memory, address).expect("there is room");
        assert_eq!(end, address + bytes);
        let (before, behind) = (&memory[..address], &memory[address + bytes..]);
        assert!(before.iter().chain(behind).all(|byte| *byte == 0xAA));
    }
}

#[test]
fn what_may_be_over_a_limit_is_left_to_the_policy() {
    let within = Request::from_json(FULL, || 0).expect("the example is a request");
    let is_within = |change: fn(&mut Request)| {
        let mut request = within.clone();
        request.attributes.clear();
        change(&mut request);
        let mut memory = vec![0; request.bytes()];
        let [all, none] =
            [ALL, 0].map(|reads| lay_within(&request, &mut memory, 0, reads).is_some());
        assert_eq!(all, none, "what is not read is within its limits too");
        let end = lay(&request, &mut memory, 0);
        assert_eq!(end, Some(request.bytes()), "it is laid out even so");
        all
    };
    assert!(is_within(|_| {}));
    let over: [fn(&mut Request); 7] = [
        |request| request.action = "a".repeat(8_193),
        |request| request.now = -1,
        |request| request.now = 253_402_300_800,
        |request| request.access.as_mut().unwrap().revoked_at = Some(-1),
        |request| request.access.as_mut().unwrap().required_scopes = vec![String::new(); 257],
        |request| request.scan.as_mut().unwrap().targets[0].url = "a".repeat(8_193),
        |request| {
            request.attributes = vec![Attribute {
                name: String::new(),
                value: AttributeValue::Truth(true),
            }];
        },
    ];
    for (index, change) in over.into_iter().enumerate() {
        assert!(!is_within(change), "{index}");
    }
}

#[test]
fn texts_of_every_length_arrive() {
    for length in 0..70 {
        let text: String = (b'!'..).take(length).map(char::from).collect();
        let mut memory = vec![0; 256];
        let end = lay(&vec![text.clone(), text.clone()], &mut memory, 0);
        assert_eq!(end, Some(8 + 16 + 2 * length));
        let read: Vec<String> = Memory::new(&memory, 1_000).answer(0).expect("it is there");
        assert_eq!(read, [text.clone(), text]);
    }
}

#[test]
fn whatever_is_in_memory_is_an_answer_or_an_error() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut rng = Rng::with_seed(seed);
    let (mut answers, mut errors) = (0, 0);
    for _ in 0..20_000 {
        // Mostly nothing, and small words, which are addresses and lengths that lie within.
        let wild = rng.u8(..4);
        let memory: Vec<u8> = (0..rng.usize(..64))
            .map(|_| match rng.u8(..32) {
                0 if wild == 0 => rng.u32(..),
                1 => rng.u32(..4),
                2 => rng.u32(..64) * 4,
                _ => 0,
            })
            .flat_map(u32::to_le_bytes)
            .collect();
        let address = if wild == 1 {
            rng.u32(..)
        } else {
            rng.u32(..16) * 8
        };
        let memory = Memory::new(&memory, 10_000);
        let failed = [
            memory.answer::<Evaluated>(address).err(),
            memory.answer::<Explained>(address).err(),
            memory.answer::<Manifest>(address).err(),
        ];
        for failed in failed {
            match failed {
                None => answers += 1,
                Some(Fault::Trapped(_) | Fault::ResultTooLarge { .. }) => errors += 1,
                Some(other) => panic!("{other:?}"),
            }
        }
    }
    assert!(answers > 1_000 && errors > 1_000, "{answers} {errors}");
}

#[test]
fn no_more_is_copied_than_a_result_may_have() {
    // A list of 60 lists that are all the same.
    let mut memory = Vec::new();
    let mut put = |words: [u32; 2]| memory.extend(words.into_iter().flat_map(u32::to_le_bytes));
    put([8, 60]);
    for _ in 0..60 {
        put([8, 300]);
    }
    let copied = |limit| Memory::new(&memory, limit).answer::<Vec<String>>(0);
    let bytes = 60 * (size_of::<String>() + 300);
    assert!(copied(bytes).is_ok());
    let error = copied(bytes - 1).expect_err("it is one byte too much");
    assert!(matches!(error, Fault::ResultTooLarge { limit } if limit == bytes - 1));
}
