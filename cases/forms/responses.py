"""What may be typed into the response log? One form for the entry, its draft and its score."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.timezone import localtime

from cases.enums import AnswerStatus, ResponseKind
from cases.forms.filters import uuid_or_none
from cases.selectors.responses import OWN_FIELDS, ElementCard, OpenedDraft, ResponsePage
from cases.services.responses import (
    AnswerInput,
    EvidenceInput,
    ResponseInput,
    with_narrative,
)

STATUSES = (
    (AnswerStatus.ANSWERED, "Answered"),
    (AnswerStatus.NOT_DONE, "Not done"),
    (AnswerStatus.NOT_APPLICABLE, "Not applicable"),
)
INPUT_TIME = "%Y-%m-%dT%H:%M"
NOT_KEPT = frozenset({"csrfmiddlewaretoken", "version", "submission_key", "step"})
MAX_TEXT = 100_000
EVIDENCE_ROWS = 5
VERSION = re.compile(r"[0-9]{1,9}")


def _text(label: str, hint: str = "", *, rows: int = 3) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=False,
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class ResponseForm(forms.Form):
    """`answer-<code>` and `status-<code>` for each element that the case's report must settle."""

    says_optional = False

    kind = forms.ChoiceField(label="What was done", choices=ResponseKind.choices)
    occurred_at = forms.DateTimeField(
        label="When it happened",
        input_formats=[INPUT_TIME, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=INPUT_TIME),
    )
    suspect = forms.ChoiceField(label="Which suspect", required=False)
    contacted = forms.CharField(
        label="Who was contacted",
        help_text="And how: in person, by phone. Names become pseudonyms here too.",
        required=False,
        max_length=200,
    )
    narrative = _text(
        "Narrative",
        "What was alleged, seen and done. Names of this case's people are replaced by their "
        "pseudonyms for everyone who reads it here; the original is sealed.",
        rows=10,
    )
    next_action = forms.CharField(label="Next action", required=False, max_length=300)
    next_action_owner = forms.ChoiceField(label="Who does it", required=False)
    next_action_due_on = forms.DateField(
        label="Due on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    incomplete_reason = _text(
        "Why it is incomplete",
        "Only if required elements are missing when you log the report. The sergeant sees it.",
        rows=2,
    )
    submission_key = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, page: ResponsePage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page = page
        self._choose("suspect", [("", "None of them"), *page.suspects])
        self._choose("next_action_owner", [("", "Choose…"), *page.officers])
        for number in range(EVIDENCE_ROWS):
            self.fields[f"evidence-item-{number}"] = _short("Item number", 40)
            self.fields[f"evidence-description-{number}"] = _short("What it is", 200)
        for element in self.asked():
            self.fields[f"answer-{element.code}"] = _text(element.label, element.why, rows=2)
            self.fields[f"status-{element.code}"] = _status_field(element)

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def asked(self) -> Iterator[ElementCard]:
        """The elements that have a field of their own here."""
        return (element for element in self.page.elements if element.code not in OWN_FIELDS)

    def evidence_fields(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The rows for new items of evidence."""
        return [
            (self[f"evidence-item-{number}"], self[f"evidence-description-{number}"])
            for number in range(EVIDENCE_ROWS)
        ]

    def clean(self) -> dict[str, Any]:
        """An item of evidence has a number and says what it is."""
        given = super().clean() or self.cleaned_data
        for number in range(EVIDENCE_ROWS):
            names = (f"evidence-item-{number}", f"evidence-description-{number}")
            empty = [name for name in names if not given.get(name)]
            if len(empty) == 1:
                self.add_error(empty[0], "Give both the item's number and what it is.")
        return given

    def _evidence(self) -> tuple[EvidenceInput, ...]:
        return tuple(
            EvidenceInput(self.cleaned_data[item.name], self.cleaned_data[description.name])
            for item, description in self.evidence_fields()
            if self.cleaned_data[item.name]
        )

    def element_fields(self) -> Iterator[dict[str, Any]]:
        """Each element with its two fields, for the template."""
        for element in self.asked():
            yield {
                "element": element,
                "answer": self[f"answer-{element.code}"],
                "status": self[f"status-{element.code}"],
                "comment": self._comment(element.code),
            }

    def _comment(self, code: str) -> str:
        return self.page.latest.comments.get(code, "") if self.page.latest else ""

    def entry(self) -> ResponseInput:
        """What the service takes; only after the form is valid."""
        given = self.cleaned_data
        kind = ResponseKind(given["kind"])
        is_report = kind == ResponseKind.INITIAL_REPORT
        latest = self.page.latest
        return ResponseInput(
            kind=kind,
            occurred_at=given["occurred_at"],
            submission_key=given["submission_key"],
            narrative=given["narrative"],
            contacted=given["contacted"],
            evidence=self._evidence(),
            answers=answers_in(given) if is_report else {},
            incomplete_reason=given["incomplete_reason"],
            suspect_id=uuid_or_none(given["suspect"]),
            next_action=given["next_action"],
            next_action_owner_id=uuid_or_none(given["next_action_owner"]),
            next_action_due_on=given["next_action_due_on"],
            supersedes_id=latest.response_id if is_report and latest else None,
        )


def _short(label: str, length: int) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=length)


def _status_field(element: ElementCard) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=f"{element.label}: is it settled?",
        choices=STATUSES,
        required=False,
        initial=AnswerStatus.ANSWERED,
        widget=forms.RadioSelect,
    )


def answers_in(data: Mapping[str, Any]) -> dict[str, AnswerInput]:
    """The answers with words in them, out of cleaned or raw form data."""
    return {
        name.removeprefix("answer-"): AnswerInput(_status(data, name), str(text))
        for name, text in data.items()
        if name.startswith("answer-") and str(text).strip()
    }


def _status(data: Mapping[str, Any], name: str) -> AnswerStatus:
    status = data.get(name.replace("answer-", "status-", 1), "")
    return AnswerStatus(status) if status in AnswerStatus.values else AnswerStatus.ANSWERED


def settled_by(data: Mapping[str, Any], now: datetime) -> frozenset[str]:
    """The elements that half-typed form data settle, by the same rule as a logged entry."""
    typed = ResponseInput(
        kind=ResponseKind.INITIAL_REPORT,
        occurred_at=now,
        narrative=str(data.get("narrative", "")),
        answers=answers_in(data),
        next_action=str(data.get("next_action", "")),
        next_action_owner_id=uuid_or_none(str(data.get("next_action_owner", ""))),
        next_action_due_on=now.date() if data.get("next_action_due_on") else None,
    )
    return frozenset(with_narrative(typed))


def payload_of(data: Mapping[str, Any]) -> dict[str, str]:
    """What a draft keeps of the form: every filled field but its own machinery."""
    return {
        name: str(value)[:MAX_TEXT]
        for name, value in data.items()
        if value and name not in NOT_KEPT
    }


def kind_in(data: Mapping[str, Any]) -> ResponseKind:
    kind = data.get("kind", "")
    return ResponseKind(kind) if kind in ResponseKind.values else ResponseKind.SUPPLEMENT


def version_in(data: Mapping[str, Any]) -> int:
    version = str(data.get("version", ""))
    return int(version) if VERSION.fullmatch(version) else 0


def fresh(page: ResponsePage, now: datetime, kind: str) -> dict[str, Any]:
    """Where a new entry starts: a returned report from its last words, anything else empty."""
    asked = kind if kind in ResponseKind.values else ""
    needs_report = page.latest is None or page.latest.returned
    chosen = asked or (ResponseKind.INITIAL_REPORT if needs_report else ResponseKind.SUPPLEMENT)
    start: dict[str, Any] = {
        "kind": str(chosen),
        "occurred_at": localtime(now).strftime(INPUT_TIME),
        "next_action_owner": page.me,
        "submission_key": uuid4(),
        "version": 0,
    }
    if page.latest and chosen == ResponseKind.INITIAL_REPORT:
        start |= _words_of(page)
    return start


def resumed(draft: OpenedDraft) -> dict[str, Any]:
    """Where a kept draft goes on."""
    return {**draft.payload, "submission_key": draft.submission_key, "version": draft.version}


def _words_of(page: ResponsePage) -> dict[str, str]:
    latest = page.latest
    if latest is None:
        return {}
    words = {"narrative": latest.narrative}
    for code, (status, text) in latest.answers.items():
        words |= {f"answer-{code}": text, f"status-{code}": status}
    return words
