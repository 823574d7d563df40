"""Which rows does the database itself keep back, for whom, and who may look past that?

Row-level security (migration 0018) shows whoever is bound the rows of the cases that `cases.access`
shows them, and nobody else any. Here stands which table is guarded and which is not, and why; a law
holds both to the database. What a person does truly goes across cases that they can't read now and
then: `reading_as` is the one door for it, narrow, named and for a block.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

from audit.context import current

# A table, and how its row comes to a case.
GUARDED: dict[str, str] = {
    "cases_case": "itself",
    "cases_assignment": "case",
    "cases_blindtoken": "victim or person",
    "cases_brokenglass": "case",
    "cases_caselink": "both cases",
    "cases_casestatechange": "case",
    "cases_clock": "case; of a referral without one: whoever supervises",
    "cases_clockhold": "case",
    "cases_draft": "case",
    "cases_elementanswer": "response",
    "cases_evidence": "case",
    "cases_expunge": "case",
    "cases_flag": "case; of an officer or a referral: whoever supervises",
    "cases_importchunk": "no case yet: whoever may import",
    "cases_importrejection": "no case yet: whoever may import",
    "cases_importrun": "no case yet: whoever may import",
    "cases_involvedperson": "case",
    "cases_referral": "case; without one: whoever supervises",
    "cases_release": "case",
    "cases_releasefile": "release",
    "cases_releaseitem": "release",
    "cases_releasemark": "item of a release",
    "cases_releaseresult": "release",
    "cases_response": "case",
    "cases_reveal": "case, or the account's own",
    "cases_review": "case",
    "cases_victim": "case",
}

_RULE = "what the policies themselves read; says who may see a case and nothing of what is in it"
_UNIT = "of the unit, no case's"
_MACHINE = "the machinery's own, no case's"
_LOG = "ids and words of events; the viewer's queryset leaves out what a wall hides, seals read all"

# Every other table of `cases` and `audit`, and why the database keeps no row of it back.
OPEN: dict[str, str] = {
    "audit_checkpoint": _LOG,
    "audit_entry": _LOG,
    "audit_epoch": _LOG,
    "audit_leaf": _LOG,
    "audit_node": _LOG,
    "audit_retirement": _LOG,
    "audit_witnessing": _LOG,
    "cases_accessrequest": "a number as somebody typed it, looked up by nobody; their own words",
    "cases_accessreview": "kept or removed, and when; the grant and the wall are named by ids",
    "cases_account": _UNIT,
    "cases_account_groups": _UNIT,
    "cases_account_user_permissions": _UNIT,
    "cases_auditreview": "weeks of the log",
    "cases_casegroupobjectpermission": "empty: a group never gets a case",
    "cases_caseuserobjectpermission": _RULE,
    "cases_handover": _UNIT,
    "cases_offensecode": _UNIT,
    "cases_officer": _UNIT,
    "cases_policy": _UNIT,
    "cases_providerlink": _UNIT,
    "cases_role": _UNIT,
    "cases_rolechange": _UNIT,
    "cases_rolepermission": _UNIT,
    "cases_savedfilter": _UNIT,
    "cases_savedmapping": "names of columns",
    "cases_servicekey": _UNIT,
    "cases_spentanswer": _MACHINE,
    "cases_squad": _UNIT,
    "cases_squadgrant": _RULE,
    "cases_submittedform": _MACHINE,
    "cases_sweeprun": _MACHINE,
    "cases_wall": _RULE,
}

# The machinery's names that have to do with cases, and see all. Held to migration 0018 by a law.
SYSTEM_SEES = frozenset(
    {
        "demo",
        "expunge",
        "figures",
        "import",
        "import_caseload",
        "import_csv",
        "leak scan",
        "rebuild_blind_index",
        "reconcile",
        "redact again",
        "release",
        "replay",
        "rotate_keys",
        "shred store",
        "sweep",
    }
)
# Those that don't, and why.
SYSTEM_BLIND: dict[str, str] = {
    "accounts": "closes accounts",
    "audit_partitions": "makes months of the log",
    "audit_retire": "signs in as the owner",
    "bench": "signs in as the owner",
    "export_audit": "the log alone",
    "invite account": "accounts alone",
    "make_months": "makes months of the log",
    "release account": "accounts alone",
    "reset factors": "accounts alone",
    "seal": "the log alone",
}


class Span(Enum):
    """Why an act of a person goes across cases that they may not read. Walls hold where `most`."""

    AUDIT = (
        "audit",
        "most",
        "an auditor reads of which case and of whom an entry tells, by number",
    )
    COUNTING = (
        "counting",
        "most",
        "whoever manages officers sees how many cases each has, and none",
    )
    EXPLAINING = (
        "explaining",
        "most",
        "an administrator is told what a rule would do, in counts and by rules",
    )
    FACTS = ("facts", "free", "clocks, loads and copies follow from facts of the whole unit")
    FINDING = ("finding", "most", "a search says that something lies beyond the searcher's reach")
    GLASS = ("glass", "most", "an emergency opens a case that is not to be seen until it is open")
    HANDING_ON = ("handing on", "free", "whoever gives a case away no longer sees what they write")
    IMPORTING = (
        "importing",
        "free",
        "a preview meets what the import will meet: numbers and references of all there are",
    )
    INTAKE = (
        "intake",
        "free",
        "numbers and references of a new case are taken among all there are",
    )
    LINKS = (
        "links",
        "free",
        "links are suggested to whoever may see both cases, by whoever added one",
    )
    MONITORING = ("monitoring", "free", "a machine reads how many flags nobody acknowledged")
    NUMBERS = ("numbers", "free", "a release takes the next number of all")
    REFUSING = (
        "refusing",
        "free",
        "the log tells of which case somebody tried to reveal, also whom a wall shuts out of it",
    )
    SEALS = ("seals", "free", "how many rows stand under which key is the machine's")
    STATISTICS = ("statistics", "free", "published figures count every case, whoever asks")
    WALLS = ("walls", "free", "what a wall hides has to be known to be left out")

    def __init__(self, code: str, reach: str, reason: str) -> None:
        self.code, self.reach, self.reason = code, reach, reason


_WIDTH = ("", "most", "free")


@contextmanager
def reading_as(span: Span) -> Iterator[None]:
    """Inside, the database keeps nothing back but, where the span says so, what a wall hides."""
    context = current()
    if context is None:
        yield
        return
    before = context.across
    context.across = max(before, span.reach, key=_WIDTH.index)
    try:
        yield
    finally:
        context.across = before
