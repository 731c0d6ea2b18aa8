//! Ready states and fallbacks.

use super::action::{Action, Actions};
use super::rule::{Facts, connected};
use super::{Policy, RuleSet, class};
use scopegate::{Access, AccessMode, ApprovedScope, Operation, ProviderAccessStatus};

/// The ready states, in their order.
pub const READY: [&str; 11] = [
    "authorization_ready",
    "scope_accepted",
    "ticket_only_ready",
    "read_only_ready",
    "review_only_ready",
    "scoped_write_request_ready",
    "connected_scope_approved",
    "provider_access_ready",
    "connected_access_granted",
    "revoke_path_visible",
    "revocable_access",
];

/// Requirements by the numbers of the specification's table.
const fn numbered(first: usize, last: usize) -> RuleSet {
    (1 << last) - (1 << (first - 1))
}

const ACTOR: RuleSet = numbered(1, 2);
const AUTHORIZATION: RuleSet = numbered(3, 5);
const SCOPE: RuleSet = numbered(6, 9) | numbered(11, 13);
const WRITE_REQUEST: RuleSet = numbered(21, 33);
const NO_CREDENTIALS: RuleSet = numbered(28, 28);
const APPROVED: RuleSet = NO_CREDENTIALS | numbered(32, 32) | numbered(35, 40) | numbered(42, 44);

/// The ready states that hold: rising indices into [`READY`].
pub(super) fn ready(policy: Policy, facts: Facts<'_>) -> Vec<usize> {
    let as_for = |action| Facts { action, ..facts };
    let request = facts.request;
    let status = request.responsibility.provider_access_status;
    let approved = approved(policy, facts);
    let granted = approved.is_some_and(|(access, _)| {
        connected(access) && access.connected_access_status == ProviderAccessStatus::Granted
    });
    let revocable = request
        .access
        .as_ref()
        .is_some_and(|access| access.revoke_path_visible);
    let write_request = request.access.as_ref().is_some_and(connected) && request.task.is_some();
    let holds = [
        policy.holds(AUTHORIZATION, as_for(Action::Scan)),
        request.scan.is_some() && policy.holds(SCOPE, as_for(Action::Scan)),
        policy.holds(NO_CREDENTIALS, as_for(Action::PrepareTicket)),
        open_for(facts, approved, Operation::Read),
        open_for(facts, approved, Operation::Draft),
        write_request && policy.holds(WRITE_REQUEST, as_for(Action::RequestAccess)),
        approved.is_some(),
        approved.is_some() && status == ProviderAccessStatus::Granted,
        granted,
        revocable,
        granted && revocable,
    ];
    (0..READY.len()).filter(|&index| holds[index]).collect()
}

/// The modes that stay open for the task, least first, when the action is denied.
pub(super) fn fallbacks(policy: Policy, facts: Facts<'_>) -> Vec<AccessMode> {
    let request = facts.request;
    let asks = Actions::ASKING.contains(facts.action, request.access.is_some())
        || facts.action == Action::DraftPatch;
    if !asks || !policy.holds(ACTOR, facts) {
        return Vec::new();
    }
    let mut open = vec![AccessMode::TicketOnly];
    if !policy.holds(NO_CREDENTIALS, facts) {
        return open;
    }
    let approved = approved(policy, facts);
    let below_access = |mode| {
        let is_below =
            |access: &Access| class::rank(mode) < class::rank(access.remediation_access_mode);
        request.access.as_ref().is_none_or(is_below)
    };
    let customer_applies = request
        .task
        .as_ref()
        .is_some_and(|task| task.sufficient_modes.contains(&AccessMode::CustomerApplied));
    let modes = [
        (AccessMode::CustomerApplied, customer_applies),
        (
            AccessMode::ReadOnly,
            open_for(facts, approved, Operation::Read),
        ),
        (
            AccessMode::ReviewOnly,
            open_for(facts, approved, Operation::Draft),
        ),
    ];
    open.extend(
        modes
            .into_iter()
            .filter(|&(mode, is_open)| is_open && below_access(mode))
            .map(|(mode, _)| mode),
    );
    open
}

type Approved<'a> = Option<(&'a Access, &'a ApprovedScope)>;

/// The access and what was approved of it, if the approval stands as for `inspect_provider`.
fn approved(policy: Policy, facts: Facts<'_>) -> Approved<'_> {
    let both = facts
        .request
        .access
        .as_ref()
        .zip(facts.request.approved_scope.as_ref());
    both.filter(|_| {
        policy.holds(
            APPROVED,
            Facts {
                action: Action::InspectProvider,
                ..facts
            },
        )
    })
}

fn open_for(facts: Facts<'_>, approved: Approved<'_>, operation: Operation) -> bool {
    let status = facts.request.responsibility.provider_access_status;
    matches!(
        status,
        ProviderAccessStatus::Granted | ProviderAccessStatus::Reviewable
    ) && approved.is_some_and(|(_, approved)| approved.operations.contains(&operation))
}
