"""How does a supervisor read a reason? Plain sentences without identities, true at `now`."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from cases.enums import ClockKind
from cases.rules.facts import ACCOUNT_CLOSED, SHUT_OUT
from cases.rules.flags import Finding, Param, Reason

_Params = Mapping[str, Param]

# What has been missing since the clock started, put after a span of time.
_SINCE = {
    ClockKind.INITIAL_REPORT: "since the report came in and no initial report",
    ClockKind.VICTIM_SEEN: "since the report came in and the child has not been seen",
    ClockKind.AGENCY_NOTIFIED: "since the report came in and the Children's Division not notified",
    ClockKind.CAREGIVER_CONTACT: "since the report came in and no contact with a caregiver",
    ClockKind.REFERRAL_ACKNOWLEDGED: "since a referral came in and nobody answered it",
    ClockKind.SERGEANT_REVIEW: "since the report was submitted and no sergeant has reviewed it",
    ClockKind.FORENSIC_INTERVIEW_REQUESTED: (
        "since the report came in and no forensic interview requested"
    ),
    ClockKind.FORENSIC_INTERVIEW_HELD: "since the report came in and no forensic interview held",
    ClockKind.KIT_COLLECTED: "since the medical exam and no kit collected",
    ClockKind.KIT_TO_LAB: "since the kit was collected and it is not at the lab",
    ClockKind.NEXT_SUPPLEMENT: "since a substantive entry",
    ClockKind.PROSECUTOR_DECISION: "since the submission and no decision by the prosecutor",
    ClockKind.REASSIGNMENT_ACKNOWLEDGED: (
        "since it was reassigned and the detective has not acknowledged it"
    ),
    ClockKind.ASSIGNMENT: "and nobody is assigned",
    ClockKind.FLAG_ACKNOWLEDGED: "since a flag was raised and nobody acted on it",
}

# Their limit is so many business days, which no span of time tells.
_BY_BUSINESS_DAYS = {ClockKind.ASSIGNMENT, ClockKind.REASSIGNMENT_ACKNOWLEDGED}


def sentence(reason: Reason, now: datetime) -> str:
    """The reason in words: "41 days since a substantive entry; limit 14 days"."""
    return _WORDS[reason.code](reason.params, now)


def explanation(finding: Finding, now: datetime) -> str:
    """All reasons of a finding in one line, the first letter a capital."""
    line = "; ".join(sentence(reason, now) for reason in finding.reasons)
    return line[:1].upper() + line[1:]


def span_in_words(span: timedelta) -> str:
    """A length of time as one says it: "50 minutes", "30 hours", "41 days"; never rounded up."""
    if span < timedelta(hours=1):
        return _counted(span // timedelta(minutes=1), "minute")
    if span < timedelta(days=2):
        return _counted(span // timedelta(hours=1), "hour")
    return _counted(span.days, "day")


def _counted(count: Param, noun: str, nouns: str = "") -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {nouns or noun + 's'}"


def _overdue(params: _Params, now: datetime) -> str:
    kind = ClockKind(str(params["clock"]))
    starts_at = datetime.fromisoformat(str(params["starts_at"]))
    due_at = datetime.fromisoformat(str(params["due_at"]))
    elapsed = span_in_words(now - starts_at)
    if kind == ClockKind.ASSIGNMENT and starts_at == due_at:
        return f"{elapsed} since the assigned detective left and nobody else has the case"
    if kind in _BY_BUSINESS_DAYS:
        return f"{elapsed} {_SINCE[kind]}; due {span_in_words(now - due_at)} ago"
    return f"{elapsed} {_SINCE[kind]}; limit {span_in_words(due_at - starts_at)}"


def _shut_out(params: _Params, now: datetime) -> str:
    elapsed = span_in_words(now - datetime.fromisoformat(str(params["since"])))
    return f"{elapsed} since a wall shut out whoever has it, and nobody else has the case"


def _account_closed(params: _Params, now: datetime) -> str:
    elapsed = span_in_words(now - datetime.fromisoformat(str(params["since"])))
    return f"{elapsed} since the account of whoever has it was closed, and nobody else has the case"


def _left_out(params: _Params, _now: datetime) -> str:
    of_all = f"{params['missing']} of {params['required']}"
    return f"the report leaves out {of_all} elements: {params['labels']}"


_WORDS: Mapping[str, Callable[[_Params, datetime], str]] = {
    "overdue": _overdue,
    SHUT_OUT: _shut_out,
    ACCOUNT_CLOSED: _account_closed,
    "no_interview": lambda _params, _now: "no interview",
    "thin": lambda params, _now: (
        f"narrative of {_counted(params['length'], 'character')}; "
        f"at least {params['least']} expected"
    ),
    "left_out": _left_out,
    "copied": lambda params, _now: (
        f"narrative {params['percent']}% the same as one on another case"
    ),
    "suspect_not_interviewed": lambda params, _now: (
        f"closed with {_counted(params['count'], 'named suspect')} never interviewed and no reason"
    ),
    "evidence_open": lambda params, _now: (
        f"closed with {_counted(params['count'], 'item')} of evidence without a disposition"
    ),
    "unsigned": lambda _params, _now: "closed without another sergeant's signature",
    "backfilled": lambda params, _now: (
        f"{_counted(params['entries'], 'entry', 'entries')} written down together, "
        f"each more than {_counted(params['days'], 'day')} after it happened"
    ),
    "open_cases": lambda params, _now: (
        f"{_counted(params['count'], 'open case')}; limit {params['limit']}"
    ),
    "handed_over": lambda params, _now: (
        f"{_counted(params['count'], 'case')} handed over in {_counted(params['days'], 'day')}; "
        f"limit {params['limit']}"
    ),
    "reveals_in_an_hour": lambda params, _now: (
        f"{_counted(params['count'], 'reveal')} within an hour; usual up to {params['limit']}"
    ),
    "reveals_in_a_day": lambda params, _now: (
        f"{_counted(params['count'], 'reveal')} within a day; usual up to {params['limit']}"
    ),
    "reveals_elsewhere": lambda params, _now: (
        f"{_counted(params['count'], 'reveal')} on others' cases within a day; "
        f"usual up to {params['limit']}"
    ),
}
