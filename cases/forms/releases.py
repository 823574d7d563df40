"""What does it take to prepare a release, to mark a place, to approve it or give it back?"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from django import forms

from cases.enums import MarkDecision, ReleaseCategory
from cases.forms.filters import uuid_or_none
from cases.rules.release_profiles import Profile
from cases.services.releases.marking import Choice, Drawing

REASON_LENGTH = 1000
CORNERS = ("left", "top", "right", "bottom")


def _words(label: str, hint: str, *, rows: int = 3) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": f"{label}: say it."},
    )


def _count(label: str) -> forms.IntegerField:
    sentence = f"{label}: give a whole number, 0 or more."
    return forms.IntegerField(
        label=label,
        min_value=0,
        required=False,
        error_messages={"invalid": sentence, "min_value": sentence},
    )


class NewReleaseForm(forms.Form):
    profile = forms.ChoiceField(
        label="Who is it for",
        widget=forms.RadioSelect,
        error_messages={"required": "Who is it for: choose one."},
    )
    reason = _words(
        "What was asked for", "The request and its date. No names of a child or a family."
    )
    submission_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, profiles: Sequence[Profile], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(one.code, f"{one.label}. {one.about}") for one in profiles]
        self.fields["profile"].choices = choices  # type: ignore[attr-defined]


class ReturnForm(forms.Form):
    comment = _words("What is wrong", "It goes back to be changed. No names.")


class WithdrawForm(forms.Form):
    reason = _words("Why it is withdrawn", "The files are deleted; the number and the log stay.")


class FileForm(forms.Form):
    """Only says that a file is asked for: what it is, its content decides."""

    file = forms.FileField(
        label="PDF, PNG or JPEG",
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
    )


class DrawForm(forms.Form):
    """A place by hand: a phrase, from-to, a rectangle, or all of it."""

    quote = forms.CharField(
        label="Phrase",
        max_length=2000,
        required=False,
        help_text="As it is written. It is taken out wherever it stands here.",
    )
    start = _count("From character")
    end = _count("To character")
    left = _count("Left")
    top = _count("Top")
    right = _count("Right")
    bottom = _count("Bottom")
    whole = forms.BooleanField(label="All of it", required=False)
    category = forms.ChoiceField(label="What it is", choices=ReleaseCategory.choices)
    exemption = forms.ChoiceField(label="Exemption")

    def __init__(self, *args: Any, exemptions: Sequence[str], is_page: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["exemption"].choices = [(one, one) for one in exemptions]  # type: ignore[attr-defined]
        self.fields["whole"].label = "The whole page" if is_page else "The whole text"
        for name in ("start", "end") if is_page else CORNERS:
            del self.fields[name]

    def drawing(self) -> Drawing:
        """What was drawn. For a valid form."""
        given = self.cleaned_data
        corners = tuple(given.get(name) for name in CORNERS)
        return Drawing(
            category=given["category"],
            exemption=given["exemption"],
            quote=given["quote"],
            start=given.get("start"),
            end=given.get("end"),
            box=_box(corners),
            whole=given["whole"],
        )


def _box(corners: Sequence[int | None]) -> tuple[int, int, int, int] | None:
    left, top, right, bottom = corners
    if left is None or top is None or right is None or bottom is None:
        return None
    return left, top, right, bottom


def mark_choices(data: Mapping[str, Any]) -> dict[UUID, Choice]:
    """What was decided about each suggestion: decision-<id>, exemption-<id>, reason-<id>."""
    return dict(_choices(data))


def _choices(data: Mapping[str, Any]) -> Iterator[tuple[UUID, Choice]]:
    for name in data:
        prefix, _, given = name.partition("-")
        mark_id = uuid_or_none(given)
        if prefix != "decision" or mark_id is None or data[name] not in MarkDecision.values:
            continue
        exemption = str(data.get(f"exemption-{given}", ""))[:60]
        reason = str(data.get(f"reason-{given}", ""))[:REASON_LENGTH]
        yield mark_id, Choice(str(data[name]), exemption, reason)
