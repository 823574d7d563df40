"""Which acts leave an entry? A closed list: an act that is not named here can't be recorded."""

from django.db.models import TextChoices


class Event(TextChoices):
    """What happened. Values are stored for good: add to the list, never rename or reuse one."""

    # Reading
    CASE_VIEWED = "case_viewed", "Case viewed"
    CASE_LISTED = "case_listed", "Cases listed"
    CASE_SEARCHED = "case_searched", "Cases searched"
    REFERRAL_VIEWED = "referral_viewed", "Referral viewed"
    REFERRAL_LISTED = "referral_listed", "Referrals listed"
    REPORT_VIEWED = "report_viewed", "Report viewed"
    OFFICER_VIEWED = "officer_viewed", "Officer viewed"
    DASHBOARD_VIEWED = "dashboard_viewed", "Dashboard viewed"
    FIGURES_VIEWED = "figures_viewed", "Unit figures viewed"
    ROLES_VIEWED = "roles_viewed", "Role permissions viewed"
    ACCESS_EXPLAINED = "access_explained", "Access to a case explained"
    POLICY_VIEWED = "policy_viewed", "Unit's rules viewed"
    ACCOUNTS_VIEWED = "accounts_viewed", "Accounts viewed"
    AUDIT_VIEWED = "audit_viewed", "Audit log viewed"
    AUDIT_REVIEWED = "audit_reviewed", "Week of the audit log signed"
    PAGE_VIEWED = "page_viewed", "Page viewed"
    EXPORTED = "exported", "Exported"
    LEAKS_LOOKED_FOR = "leaks_looked_for", "Leaks looked for"

    # Who somebody is
    IDENTITY_REVEALED = "identity_revealed", "Identity revealed"
    IDENTITY_SEARCHED = "identity_searched", "Identity searched"
    BLIND_INDEX_REBUILT = "blind_index_rebuilt", "Index of people rebuilt"
    LINK_SUGGESTED = "link_suggested", "Link between cases suggested"
    LINK_CONFIRMED = "link_confirmed", "Link between cases confirmed"
    LINK_DISMISSED = "link_dismissed", "Suggested link dismissed"
    LINK_UNDONE = "link_undone", "Link between cases undone"
    LINKS_VIEWED = "links_viewed", "Links between cases viewed"
    IDENTITY_CHANGED = "identity_changed", "Identity corrected"
    NARRATIVE_REVEALED = "narrative_revealed", "Original narrative revealed"
    EXPUNGE_VIEWED = "expunge_viewed", "Expunge viewed"
    EXPUNGE_REQUESTED = "expunge_requested", "Expunge requested"
    EXPUNGE_WITHDRAWN = "expunge_withdrawn", "Expunge withdrawn"
    IDENTITY_EXPUNGED = "identity_expunged", "Identity expunged"
    IDENTITY_SHREDDED = "identity_shredded", "Keys of an expunged identity destroyed"
    REVEAL_ENDED = "reveal_ended", "Reveal ended before its time"
    PERSON_VIEWED = "person_viewed", "Person's page viewed"

    # Cases
    CASE_CREATED = "case_created", "Case opened"
    CASE_CHANGED = "case_changed", "Case details changed"
    CASE_ASSIGNED = "case_assigned", "Case assigned"
    ASSIGNMENT_ACKNOWLEDGED = "assignment_acknowledged", "Assignment acknowledged"
    CASE_STATE_CHANGED = "case_state_changed", "Case state changed"
    CASE_CLOSED = "case_closed", "Case closed"
    CASE_REOPENED = "case_reopened", "Case reopened"
    VICTIM_ADDED = "victim_added", "Victim added"
    VICTIM_CHANGED = "victim_changed", "Victim changed"
    PERSON_ADDED = "person_added", "Involved person added"
    PERSON_CHANGED = "person_changed", "Involved person changed"
    EVIDENCE_CHANGED = "evidence_changed", "Evidence changed"
    ATTACHMENT_ADDED = "attachment_added", "Attachment added"
    ATTACHMENT_VIEWED = "attachment_viewed", "Attachment viewed"

    # Referrals
    REFERRAL_RECEIVED = "referral_received", "Referral received"
    REFERRAL_ACKNOWLEDGED = "referral_acknowledged", "Referral acknowledged"
    REFERRAL_JOINED = "referral_joined", "Referral joined to a case"
    REFERRAL_SCREENED_OUT = "referral_screened_out", "Referral screened out"

    # Responses and reviews
    RESPONSE_STARTED = "response_started", "Response form opened"
    RESPONSE_DRAFT_SAVED = "response_draft_saved", "Response draft saved"
    RESPONSE_DRAFT_DISCARDED = "response_draft_discarded", "Response draft discarded"
    RESPONSE_LOGGED = "response_logged", "Response logged"
    REPORT_REVIEWED = "report_reviewed", "Report reviewed"
    CLOSURE_REVIEWED = "closure_reviewed", "Closure reviewed"
    UPDATE_REQUESTED = "update_requested", "Update requested"

    # Clocks and flags
    CLOCK_HELD = "clock_held", "Clock held"
    CLOCK_RELEASED = "clock_released", "Clock hold ended"
    FLAG_RAISED = "flag_raised", "Flag raised"
    FLAG_RESOLVED = "flag_resolved", "Flag resolved"
    FLAG_ACKNOWLEDGED = "flag_acknowledged", "Flag acknowledged"
    FLAG_WAIVED = "flag_waived", "Flag waived"
    FLAG_ESCALATED = "flag_escalated", "Flag escalated"
    FLAG_RETURNED = "flag_returned", "Flag returned after its waiver ended"

    # Access
    GRANT_GIVEN = "grant_given", "Access granted"
    GRANT_ENDED = "grant_ended", "Access ended"
    WALL_SET = "wall_set", "Wall set"
    WALL_LIFTED = "wall_lifted", "Wall lifted"
    ROLE_CREATED = "role_created", "Role created"
    ROLE_PERMISSIONS_CHANGED = "role_permissions_changed", "Role permissions changed"
    ACCESS_DENIED = "access_denied", "Access denied"

    # People who use the system
    ACCOUNT_CREATED = "account_created", "Account created"
    ACCOUNT_CHANGED = "account_changed", "Account changed"
    ACCOUNT_LOCKED = "account_locked", "Account locked"
    ACCOUNT_RELEASED = "account_released", "Account released"
    PASSWORD_CHANGED = "password_changed", "Password changed"
    OFFICER_CREATED = "officer_created", "Officer added"
    OFFICER_CHANGED = "officer_changed", "Officer changed"
    OFFICER_DEACTIVATED = "officer_deactivated", "Officer deactivated"
    SQUAD_CREATED = "squad_created", "Squad created"
    SQUAD_CHANGED = "squad_changed", "Squad changed"
    SIGNED_IN = "signed_in", "Signed in"
    SIGN_IN_FAILED = "sign_in_failed", "Sign-in failed"
    SIGNED_OUT = "signed_out", "Signed out"
    FACTOR_ENROLLED = "factor_enrolled", "Second factor added"
    FACTOR_REMOVED = "factor_removed", "Second factor removed"
    FACTORS_RESET = "factors_reset", "Second factors reset"
    RECOVERY_CODES_MADE = "recovery_codes_made", "Recovery codes made"
    RECOVERY_CODE_USED = "recovery_code_used", "Recovery code used"
    FILTER_SAVED = "filter_saved", "Filter saved"
    FILTER_DELETED = "filter_deleted", "Filter deleted"

    # What leaves the building
    RELEASE_LISTED = "release_listed", "Releases listed"
    RELEASE_VIEWED = "release_viewed", "Release viewed"
    RELEASE_STARTED = "release_started", "Release begun"
    RELEASE_REFRESHED = "release_refreshed", "Release's texts taken anew"
    RELEASE_FILE_ADDED = "release_file_added", "File added to a release"
    RELEASE_FILE_READ = "release_file_read", "File of a release read"
    RELEASE_FILE_REFUSED = "release_file_refused", "File of a release refused"
    RELEASE_MARKED = "release_marked", "Release's redactions decided"
    RELEASE_SUBMITTED = "release_submitted", "Release's PDF asked for"
    RELEASE_MADE = "release_made", "Release's PDF made"
    RELEASE_FAILED = "release_failed", "Release's PDF not made"
    RELEASE_VOIDED = "release_voided", "Release changed after it was submitted"
    RELEASE_APPROVED = "release_approved", "Release approved"
    RELEASE_RETURNED = "release_returned", "Release returned"
    RELEASE_WITHDRAWN = "release_withdrawn", "Release withdrawn"
    RELEASE_DOWNLOADED = "release_downloaded", "Release handed out"

    # Rules and machinery
    POLICY_CHANGED = "policy_changed", "Unit's rules changed"
    POLICY_PREVIEWED = "policy_previewed", "Change of rules previewed"
    IMPORT_PREVIEWED = "import_previewed", "Import previewed"
    IMPORT_COMMITTED = "import_committed", "Import committed"
    IMPORT_FAILED = "import_failed", "Import failed"
    MAPPING_SAVED = "mapping_saved", "Import mapping saved"
    DEMO_LOADED = "demo_loaded", "Demonstration caseload loaded"
    SWEEP_RAN = "sweep_ran", "Sweep ran"
    RECONCILE_RAN = "reconcile_ran", "Reconcile ran"
    REPLAY_RAN = "replay_ran", "Replay ran"
    KEYS_ROTATED = "keys_rotated", "Sealing keys rotated"
    SEAL_BROKEN = "seal_broken", "Sealed value does not open"
    SEALS_VIEWED = "seals_viewed", "State of the seals viewed"
    REQUEST_FAILED = "request_failed", "Request failed"
    DIRECT_CHANGE = "direct_change", "Row changed past the application"
    SCHEMA_MIGRATED = "schema_migrated", "Database migrated"
    AUDIT_MONTHS_MADE = "audit_months_made", "Months of the log made"


class Outcome(TextChoices):
    """How it ended."""

    ALLOWED = "allowed", "Allowed"
    DENIED = "denied", "Denied"
    FAILED = "failed", "Failed"


def event_choices() -> list[tuple[str, str]]:
    """The list as choices. A callable, so that a new event is not a schema change."""
    return [(event.value, str(event.label)) for event in Event]
