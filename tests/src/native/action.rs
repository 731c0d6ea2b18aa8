//! The actions the default policy knows, and sets of them.

/// What is about to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the specification's")]
pub enum Action {
    Scan,
    Retest,
    ShareReport,
    ExportTicket,
    PublishEvidence,
    PrepareTicket,
    RequestAccess,
    ConnectProvider,
    InspectProvider,
    IndexRepository,
    DraftPatch,
    OpenPullRequest,
    CreateProviderTask,
    ApplyChange,
    RevokeAccess,
    /// An action of a custom policy.
    Unlisted,
}

use Action::{
    ApplyChange, ConnectProvider, CreateProviderTask, DraftPatch, ExportTicket, IndexRepository,
    InspectProvider, OpenPullRequest, PrepareTicket, PublishEvidence, RequestAccess, Retest,
    RevokeAccess, Scan, ShareReport, Unlisted,
};

impl Action {
    /// Every action of the default policy, in its order.
    pub const LISTED: [Self; 15] = [
        Scan,
        Retest,
        ShareReport,
        ExportTicket,
        PublishEvidence,
        PrepareTicket,
        RequestAccess,
        ConnectProvider,
        InspectProvider,
        IndexRepository,
        DraftPatch,
        OpenPullRequest,
        CreateProviderTask,
        ApplyChange,
        RevokeAccess,
    ];

    /// The action that a text names.
    pub fn of(text: &str) -> Self {
        match text {
            "scan" => Scan,
            "retest" => Retest,
            "share_report" => ShareReport,
            "export_ticket" => ExportTicket,
            "publish_evidence" => PublishEvidence,
            "prepare_ticket" => PrepareTicket,
            "request_access" => RequestAccess,
            "connect_provider" => ConnectProvider,
            "inspect_provider" => InspectProvider,
            "index_repository" => IndexRepository,
            "draft_patch" => DraftPatch,
            "open_pull_request" => OpenPullRequest,
            "create_provider_task" => CreateProviderTask,
            "apply_change" => ApplyChange,
            "revoke_access" => RevokeAccess,
            _ => Unlisted,
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// A set of actions. Some belong to it only where the request has `access`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Actions {
    always: u16,
    with_access: u16,
}

impl Actions {
    pub(super) const EVERY: Self = Self::of(&Action::LISTED);
    pub(super) const GOVERNED: Self = Self::EVERY.except(PrepareTicket).except(RevokeAccess);
    pub(super) const USING: Self = Self::of(&[
        ConnectProvider,
        InspectProvider,
        IndexRepository,
        OpenPullRequest,
        CreateProviderTask,
        ApplyChange,
    ])
    .and_with_access(&[DraftPatch, ExportTicket]);
    pub(super) const ASKING: Self = Self::USING.and(RequestAccess);
    pub(super) const CHANGING: Self =
        Self::of(&[DraftPatch, OpenPullRequest, CreateProviderTask, ApplyChange])
            .and_with_access(&[ExportTicket]);

    pub(super) const fn of(actions: &[Action]) -> Self {
        Self {
            always: bits(actions),
            with_access: 0,
        }
    }

    pub(super) const fn and(self, action: Action) -> Self {
        Self {
            always: self.always | action.bit(),
            ..self
        }
    }

    const fn and_with_access(self, actions: &[Action]) -> Self {
        Self {
            with_access: self.with_access | bits(actions),
            ..self
        }
    }

    pub(super) const fn except(self, action: Action) -> Self {
        Self {
            always: self.always & !action.bit(),
            with_access: self.with_access & !action.bit(),
        }
    }

    pub(super) const fn contains(self, action: Action, has_access: bool) -> bool {
        let set = if has_access {
            self.always | self.with_access
        } else {
            self.always
        };
        set & action.bit() != 0
    }

    /// Whether the set names the action, be it only with `access`.
    pub(super) const fn names(self, action: Action) -> bool {
        self.contains(action, true)
    }
}

const fn bits(actions: &[Action]) -> u16 {
    let mut bits = 0;
    let mut index = 0;
    while index < actions.len() {
        bits |= actions[index].bit();
        index += 1;
    }
    bits
}
