# The 20 rules of twenty.toml in Rego: each body says one way in which the rule is not met.
package peers

deny contains "actor-known" if input.actor.id == ""

deny contains "actor-known" if input.actor.role == "viewer"

deny contains "actor-in-account" if input.tenancy.account == ""

deny contains "actor-in-account" if {
	input.actor.account != input.tenancy.account
	input.actor.role != "agency"
}

deny contains "actor-in-account" if {
	input.actor.account != input.tenancy.account
	input.actor.account != input.agency_account
}

deny contains "authorization-ready" if input.responsibility.authorization_status != "ready"

deny contains "authorized-for-project" if {
	input.responsibility.authorized_for.tenancy.account != input.tenancy.account
}

deny contains "authorized-for-project" if {
	input.responsibility.authorized_for.tenancy.project != input.tenancy.project
}

deny contains "ownership-proved" if not input.responsibility.ownership_proof_status in {"verified", "not_required"}

deny contains "scope-accepted" if {
	input.scan
	input.responsibility.accepted_scope_status != "ready"
}

deny contains "scope-accepted" if input.scan.accepted_for.project != input.tenancy.project

deny contains "targets-public" if {
	some target in input.scan.targets
	target.kind != "public"
}

deny contains "pages-within-credits" if input.scan.pages_reviewed == false

deny contains "pages-within-credits" if input.scan.page_limit > input.scan.credits

deny contains "retest-not-due" if {
	input.action != "retest"
	input.responsibility.retest_status == "required"
}

deny contains "evidence-reviewed" if {
	input.action == "share_report"
	input.responsibility.evidence_review.evidence == false
}

deny contains "evidence-reviewed" if {
	input.action == "share_report"
	input.responsibility.evidence_review.severity == false
}

deny contains "evidence-reviewed" if {
	input.action == "share_report"
	input.responsibility.evidence_review.confidence == false
}

deny contains "access-for-task" if {
	input.access
	not input.task
}

deny contains "access-for-task" if input.access.task != input.task.id

deny contains "provider-of-task" if input.task.provider != input.access.provider

deny contains "mode-sufficient" if {
	input.access
	input.task
	not input.access.remediation_access_mode in input.task.sufficient_modes
}

deny contains "scopes-needed" if {
	input.task
	some scope in input.access.required_scopes
	not scope in input.task.needed_scopes
}

deny contains "no-secrets" if input.access.credentials_requested == true

deny contains "no-secrets" if input.access.private_network == true

deny contains "approval-there" if {
	input.access
	not input.approved_scope
}

deny contains "approval-for-this-work" if {
	input.access
	input.approved_scope.approved_for.project != input.tenancy.project
}

deny contains "approval-for-this-work" if input.approved_scope.provider != input.access.provider

deny contains "approval-for-this-work" if input.approved_scope.provider_account != input.access.provider_account

deny contains "approval-for-this-work" if input.approved_scope.resource.id != input.access.resource.id

deny contains "approval-for-this-work" if input.approved_scope.task != input.access.task

deny contains "scopes-approved" if {
	input.approved_scope
	some scope in input.access.required_scopes
	not scope in input.approved_scope.scopes
}

deny contains "approval-in-force" if input.approved_scope.approved_at > input.now

deny contains "approval-in-force" if input.approved_scope.expires_at <= input.now

deny contains "approver-may-approve" if {
	input.approved_scope
	not input.approved_scope.approver.role in {"owner", "admin"}
}

deny contains "approver-may-approve" if input.approved_scope.approver.account != input.tenancy.account

deny contains "approver-may-approve" if input.approved_scope.approver.id == input.actor.id
