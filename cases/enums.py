"""Which closed vocabularies does the unit speak? Labels are what screens show."""

from django.db.models import TextChoices


class Rank(TextChoices):
    OFFICER = "officer", "Officer"
    DETECTIVE = "detective", "Detective"
    SERGEANT = "sergeant", "Sergeant"
    CAPTAIN = "captain", "Captain"


class HandOverKind(TextChoices):
    """Why an officer's work goes to others."""

    LEAVES = "leaves", "Leaves the unit"
    MOVES = "moves", "Moves to another squad"


class HandOverState(TextChoices):
    WAITING = "waiting", "Waiting"
    DONE = "done", "Done"
    WITHDRAWN = "withdrawn", "Withdrawn"


class RoleChangeState(TextChoices):
    """A dangerous change of a role waits for a second person."""

    WAITING = "waiting", "Waiting for a second person"
    APPLIED = "applied", "In force"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"


class AccessDecision(TextChoices):
    """What a review of access came to."""

    KEEP = "keep", "Keep"
    REMOVE = "remove", "Remove"


class Channel(TextChoices):
    """How a report came in."""

    SCENE = "scene", "Call to a scene"
    WALK_IN = "walk_in", "Walk-in at a station desk"
    HOTLINE = "hotline", "Hotline"
    HOSPITAL = "hospital", "Hospital"


class OffenseClass(TextChoices):
    RAPE = "rape", "Rape"
    SODOMY = "sodomy", "Sodomy"
    MOLESTATION = "molestation", "Molestation"
    ABUSE = "abuse", "Physical abuse"
    NEGLECT = "neglect", "Neglect"
    EXPLOITATION = "exploitation", "Exploitation"
    NON_ABUSE = "non_abuse", "Non-abuse crime"
    UNCLASSIFIED = "unclassified", "Unclassified"


SEXUAL_CLASSES = frozenset({OffenseClass.RAPE, OffenseClass.SODOMY, OffenseClass.MOLESTATION})
KIT_CLASSES = frozenset({OffenseClass.RAPE, OffenseClass.SODOMY})


class CaseState(TextChoices):
    RECEIVED = "received", "Received"
    UNDER_REVIEW = "under_review", "Under review"
    ASSIGNED = "assigned", "Assigned"
    ACTIVE = "active", "Active"
    AWAITING_LAB = "awaiting_lab", "Awaiting lab"
    AWAITING_PROSECUTOR = "awaiting_prosecutor", "Awaiting prosecutor"
    INACTIVE = "inactive", "Inactive"
    CLOSED = "closed", "Closed"
    REOPENED = "reopened", "Reopened"


# Clocks run in every state but these two. `inactive` is not a clearance, but it is an end that a
# sergeant signed; closing and inactivating go through the same door.
ENDED_STATES = frozenset({CaseState.CLOSED, CaseState.INACTIVE})


class Disposition(TextChoices):
    """How a case ended [FBI UCR]. The five exceptional clearances are kept apart."""

    CLEARED_ARREST = "cleared_arrest", "Cleared by arrest"
    CLEARED_EXCEPTIONAL_A = "cleared_exceptional_A", "Cleared exceptionally: death of offender"
    CLEARED_EXCEPTIONAL_B = "cleared_exceptional_B", "Cleared exceptionally: prosecution declined"
    CLEARED_EXCEPTIONAL_C = "cleared_exceptional_C", "Cleared exceptionally: extradition denied"
    CLEARED_EXCEPTIONAL_D = (
        "cleared_exceptional_D",
        "Cleared exceptionally: victim refused to cooperate",
    )
    CLEARED_EXCEPTIONAL_E = "cleared_exceptional_E", "Cleared exceptionally: juvenile, no custody"
    CLEARED_EXCEPTIONAL = "cleared_exceptional", "Cleared exceptionally: circumstance not recorded"
    UNFOUNDED = "unfounded", "Unfounded"
    INACTIVE = "inactive", "Inactive (not a clearance)"


class Priority(TextChoices):
    """Response level: the child is to be seen within 3, 24 or 72 hours."""

    ONE = "1", "1: emergency"
    TWO = "2", "2: urgent"
    THREE = "3", "3: standard"
    NONE = "", "None given"


class ResponseKind(TextChoices):
    INITIAL_REPORT = "initial_report", "Initial report"
    SUPPLEMENT = "supplement", "Supplement"
    VICTIM_SEEN = "victim_seen", "Child seen"
    CAREGIVER_CONTACT = "caregiver_contact", "Caregiver contacted"
    SUSPECT_INTERVIEW = "suspect_interview", "Suspect interviewed"
    FORENSIC_INTERVIEW_REQUESTED = "forensic_interview_requested", "Forensic interview requested"
    FORENSIC_INTERVIEW_HELD = "forensic_interview_held", "Forensic interview held"
    MEDICAL_EXAM = "medical_exam", "Medical exam"
    KIT_COLLECTED = "kit_collected", "Kit collected"
    KIT_TO_LAB = "kit_to_lab", "Kit sent to lab"
    LAB_RESULT = "lab_result", "Lab result"
    AGENCY_NOTIFIED = "agency_notified", "Children's Division notified"
    PROSECUTOR_SUBMISSION = "prosecutor_submission", "Submitted to prosecutor"
    PROSECUTOR_DECISION = "prosecutor_decision", "Prosecutor's decision"


class AnswerStatus(TextChoices):
    ANSWERED = "answered", "Answered"
    NOT_DONE = "not_done", "Not done, with a reason"
    NOT_APPLICABLE = "not_applicable", "Not applicable, with a reason"


class ReviewDecision(TextChoices):
    APPROVED = "approved", "Approved"
    RETURNED = "returned", "Returned"


class ReviewSubject(TextChoices):
    REPORT = "report", "Report"
    CLOSURE = "closure", "Closure"


class ClockKind(TextChoices):
    INITIAL_REPORT = "initial_report", "Initial report"
    ASSIGNMENT = "assignment", "Assignment"
    REFERRAL_ACKNOWLEDGED = "referral_acknowledged", "Referral acknowledged"
    VICTIM_SEEN = "victim_seen", "Child seen"
    AGENCY_NOTIFIED = "agency_notified", "Children's Division notified"
    CAREGIVER_CONTACT = "caregiver_contact", "Caregiver contact"
    SERGEANT_REVIEW = "sergeant_review", "Sergeant's review"
    FORENSIC_INTERVIEW_REQUESTED = "forensic_interview_requested", "Forensic interview requested"
    FORENSIC_INTERVIEW_HELD = "forensic_interview_held", "Forensic interview held"
    KIT_COLLECTED = "kit_collected", "Kit collected"
    KIT_TO_LAB = "kit_to_lab", "Kit sent to lab"
    NEXT_SUPPLEMENT = "next_supplement", "Next substantive entry"
    PROSECUTOR_DECISION = "prosecutor_decision", "Prosecutor's decision"
    REASSIGNMENT_ACKNOWLEDGED = "reassignment_acknowledged", "Reassignment acknowledged"
    FLAG_ACKNOWLEDGED = "flag_acknowledged", "Flag acknowledged"


class FlagKind(TextChoices):
    STALLED = "stalled", "Stalled"
    UNDER_DOCUMENTED = "under_documented", "Near-empty report"
    COPIED_NARRATIVE = "copied_narrative", "Copied narrative"
    ORPHANED = "orphaned", "Nobody has it"
    REFERRAL_UNANSWERED = "referral_unanswered", "Referral unanswered"
    CLOSED_INCOMPLETE = "closed_incomplete", "Closed incomplete"
    BACKFILLED = "backfilled", "Written down long after"
    OVERLOADED = "overloaded", "Overloaded"
    UNUSUAL_REVEALS = "unusual_reveals", "Unusually many reveals"


# Flags on an officer; every other kind is on a case or a referral.
OFFICER_FLAGS = frozenset({FlagKind.OVERLOADED, FlagKind.UNUSUAL_REVEALS})


class FlagStatus(TextChoices):
    OPEN = "open", "Open"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    WAIVED = "waived", "Waived"
    RESOLVED = "resolved", "Resolved"


class Step(TextChoices):
    """Whose desk a flag lies on. An unacknowledged flag climbs."""

    SERGEANT = "sergeant", "Sergeant"
    CAPTAIN = "captain", "Captain"
    COMMANDER = "commander", "Commander"


class AgeBand(TextChoices):
    """The clear side of a birth date, on the day the report came in."""

    UNDER_3 = "0-2", "under 3"
    FROM_3 = "3-5", "3-5"
    FROM_6 = "6-9", "6-9"
    FROM_10 = "10-12", "10-12"
    FROM_13 = "13-15", "13-15"
    FROM_16 = "16-17", "16-17"
    ADULT = "18+", "18 or over"
    UNKNOWN = "unknown", "age unknown"


class Sex(TextChoices):
    FEMALE = "F", "female"
    MALE = "M", "male"
    OTHER = "X", "another or undetermined"
    UNKNOWN = "", "not recorded"

    @property
    def alone(self) -> str:
        """For a place where no label says what it is about."""
        return str(self.label) if self.value else f"sex {self.label}"


class PersonRole(TextChoices):
    CAREGIVER = "non_offending_caregiver", "Caregiver"
    SUSPECT = "suspect", "Suspect"
    REPORTER = "reporter", "Reporter (restricted)"
    WITNESS = "witness", "Witness"


class RevealReason(TextChoices):
    """What somebody needs to know an identity, or an original text, for."""

    INTERVIEW = "interview", "Interview: arranging or holding one"
    MEDICAL = "medical", "Medical: an exam, a kit or treatment"
    CHILD_PROTECTION = "child_protection", "Notice to the Children's Division"
    SAFETY_CHECK = "safety_check", "Safety check: finding or protecting somebody"
    FAMILY_CONTACT = "family_contact", "Contact with the family"
    COURT = "court", "Court or prosecutor: warrant, charge, testimony"
    REVIEW = "review", "Supervisor's review"
    CORRECTION = "records_correction", "Records correction"


# A reporter is promised more: nobody's convenience opens who they are.
REPORTER_REASONS = (RevealReason.INTERVIEW, RevealReason.SAFETY_CHECK, RevealReason.COURT)


class Discipline(TextChoices):
    """What a partner is, which decides the parts of a granted case they may see."""

    ADVOCACY_CENTER = "advocacy_center", "Advocacy center"
    PROSECUTOR = "prosecutor", "Prosecutor"
    MEDICAL = "medical", "Medical"
    CHILD_PROTECTION = "child_protection", "Child protection"
    THERAPIST = "therapist", "Therapist"


class RoleCode(TextChoices):
    """The roles a unit starts with. A unit may add its own; these can't be removed."""

    DETECTIVE = "detective", "Detective"
    SERGEANT = "sergeant", "Sergeant"
    CAPTAIN = "captain", "Captain"
    RECORDS = "records", "Records"
    PARTNER = "partner", "Partner"
    ADMINISTRATOR = "administrator", "Administrator"
    AUDITOR = "auditor", "Auditor"


class Scope(TextChoices):
    """How far a role's case permissions reach without an explicit grant."""

    NONE = "none", "No cases"
    GRANTED = "granted", "Only cases granted to them"
    OWN = "own", "Cases they hold or are granted"
    SQUAD = "squad", "Their squad's cases"
    ALL = "all", "All cases"


class Permission(TextChoices):
    """The columns of the role matrix, in plain words; `dangerous()` names those marked."""

    VIEW_CASES = "view_cases", "See cases within reach"
    CREATE_CASE = "create_case", "Open a new case"
    LOG_RESPONSE = "log_response", "Log responses"
    REVIEW_REPORT = "review_report", "Approve or return reports"
    ASSIGN_CASE = "assign_case", "Assign and reassign"
    SEE_DASHBOARD = "see_dashboard", "See the supervisor's dashboard"
    ACKNOWLEDGE_FLAG = "acknowledge_flag", "Acknowledge flags"
    WAIVE_FLAG = "waive_flag", "Waive flags with a reason and an end"
    CLOSE_CASE = "close_case", "Sign closures"
    REOPEN_CASE = "reopen_case", "Reopen cases"
    GRANT_ACCESS = "grant_access", "Give others access to a case"
    BREAK_GLASS = "break_glass", "Open any case for an hour in an emergency, in everybody's sight"
    SEARCH_PEOPLE = "search_people", "Find a person by name, birth date or address"
    REVEAL_IDENTITY = "reveal_identity", "Reveal who a child is, with a reason"
    EXPUNGE_IDENTITY = (
        "expunge_identity",
        "Expunge an identity by court order, with a second person",
    )
    SEE_FIGURES = "see_figures", "See unit figures"
    PREPARE_RELEASE = "prepare_release", "Prepare releases"
    IMPORT_CASELOAD = "import_caseload", "Import a caseload"
    MANAGE_ACCOUNTS = "manage_accounts", "Manage accounts and officers"
    MANAGE_ROLES = "manage_roles", "Manage role permissions"
    EDIT_POLICY = "edit_policy", "Edit the unit's rules"
    SEE_AUDIT = "see_audit", "Read the audit log"
    SEE_SEALS = "see_seals", "See whether the seals hold"

    @classmethod
    def dangerous(cls) -> frozenset["Permission"]:
        """Permissions whose misuse exposes a child or hides a case."""
        return frozenset(
            {
                cls.REVEAL_IDENTITY,
                cls.EXPUNGE_IDENTITY,
                cls.MANAGE_ROLES,
                cls.GRANT_ACCESS,
                cls.BREAK_GLASS,
                cls.EDIT_POLICY,
                cls.CLOSE_CASE,
            }
        )


class ServiceScope(TextChoices):
    """What a machine's key opens. A closed list: one page each, and none of a case."""

    SWEEP_HEALTH = "sweep_health", "Whether the sweep runs, and how many flags wait"


class ProviderKind(TextChoices):
    """How an identity provider speaks."""

    OPENID = "openid", "OpenID Connect"
    SAML = "saml", "SAML 2.0"


class ExpungeState(TextChoices):
    REQUESTED = "requested", "Waiting for a second person"
    WITHDRAWN = "withdrawn", "Withdrawn"
    CONFIRMED = "confirmed", "Confirmed; the last copy of the key is being destroyed"
    DONE = "done", "Expunged"


class LinkKind(TextChoices):
    """What two cases may share."""

    VICTIM = "victim", "Same child"
    SUSPECT = "suspect", "Same suspect"
    ADDRESS = "address", "Same address"


class LinkState(TextChoices):
    SUGGESTED = "suggested", "Suggested"
    CONFIRMED = "confirmed", "Confirmed"
    DISMISSED = "dismissed", "Dismissed"
    UNDONE = "undone", "Undone"


class ImportState(TextChoices):
    PREVIEWED = "previewed", "Previewed"
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class ReleaseState(TextChoices):
    PREPARING = "preparing", "Being prepared"
    MAKING = "making", "PDF being made"
    WAITING = "waiting", "Waiting for approval"
    APPROVED = "approved", "Approved"
    WITHDRAWN = "withdrawn", "Withdrawn"


class ReleaseCategory(TextChoices):
    """What a law closes [RSMo 595.226], in the order of the redaction log."""

    NAME = "name", "Name"
    PSEUDONYM = "pseudonym", "Pseudonym"
    ADDRESS = "address", "Home or temporary address"
    EMAIL = "email", "E-mail address"
    PHONE = "phone", "Phone number"
    SSN = "ssn", "Social security number"
    BIRTH_DATE = "birth_date", "Birth date"
    WORKPLACE = "workplace", "Workplace"
    HEALTH = "health", "Health information"
    TEST_RESULT = "test_result", "Test result"
    PHYSICAL = "physical", "Physical characteristics"
    IMAGE = "image", "Image"
    OTHER = "other", "Other"


class MarkDecision(TextChoices):
    OPEN = "open", "Not decided"
    ACCEPTED = "accepted", "Removed"
    REJECTED = "rejected", "Left in"


class FileState(TextChoices):
    """How far an uploaded file has been read."""

    READING = "reading", "Being read"
    READ = "read", "Read"
    REFUSED = "refused", "Refused"
