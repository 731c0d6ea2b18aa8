//! A change needs a ticket, and a ticket's number ends in a check digit: rules cannot go through digits, code can.

use scopegate_sdk::{Attribute, AttributeType, Policy, Ready, Request, Requirement, export};

const TICKET: &str = "change_ticket";

static POLICY: Policy = Policy {
    name: "change-ticket",
    version: "1.0.0",
    summary: "A change needs the number of a ticket.",
    actions: &["apply_change"],
    attributes: &[Attribute {
        name: TICKET,
        kind: AttributeType::Text,
        summary: "The number of the ticket for the change.",
    }],
    requirements: &[
        Requirement {
            id: "ticket-given",
            must: |request| request.text(TICKET).is_some(),
            message: "The change has no ticket.",
            remedy: "Open a ticket for the change, and state its number.",
            ..OF_TICKETS
        },
        Requirement {
            id: "ticket-valid",
            given: |request| request.text(TICKET).is_some(),
            must: has_valid_ticket,
            message: "The ticket's number is mistyped: its check digit does not fit.",
            remedy: "Copy the number from the ticket.",
            ..OF_TICKETS
        },
    ],
    ready: &[Ready {
        state: "ticket_valid",
        when: has_valid_ticket,
        reads: &["attributes.change_ticket"],
    }],
    ..Policy::NONE
};

/// What both requirements have in common.
const OF_TICKETS: Requirement = Requirement {
    actions: &["apply_change"],
    code: "TICKET_REQUIRED",
    state: "missing_approval",
    source: "Change management, step 2",
    reads: &["attributes.change_ticket"],
    ..Requirement::NONE
};

fn has_valid_ticket(request: &Request) -> bool {
    request.text(TICKET).is_some_and(is_valid)
}

/// Luhn's check: every second digit from the right counts double, less nine if that has two digits; the sum ends in 0.
fn is_valid(number: &str) -> bool {
    let mut sum = 0;
    for (place, character) in number.chars().rev().enumerate() {
        let Some(digit) = character.to_digit(10) else {
            return false;
        };
        sum += match place % 2 {
            0 => digit,
            _ if digit > 4 => 2 * digit - 9,
            _ => 2 * digit,
        };
    }
    !number.is_empty() && sum % 10 == 0
}

export!(POLICY);
