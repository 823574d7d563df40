"""What may be looked for in the audit log?"""

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.utils.timezone import make_aware

from audit.events import Event, Outcome
from audit.selectors import BadCursor, Cursor
from cases.selectors.audit_log import Asked
from cases.selectors.audit_questions import CODES

NUMBER = RegexValidator(
    r"^[A-Za-z/. -]*[0-9][A-Za-z0-9/. -]*$",
    "Case number: it has digits in it. Names are never searched for here.",
)
PSEUDONYM = RegexValidator(
    r"^[A-Za-z]-[A-Za-z0-9]{2,12}$",
    "Victim: give the pseudonym, as in V-7Q2MX. Names are never searched for here.",
)
FORMATS = (("csv", "CSV"), ("jsonl", "JSON lines"))
PLAIN = {"autocomplete": "off", "spellcheck": "false"}


# Days that a calendar can be counted on from: the first and last of all have no day beside them.
FIRST_ON, LAST_ON = date(1900, 1, 1), date(2999, 12, 31)


def _day(label: str, *, required: bool, widget: forms.Widget) -> forms.DateField:
    said = f"{label}: give a day, as in 2026-03-02."
    return forms.DateField(
        label=label,
        required=required,
        widget=widget,
        error_messages={"invalid": said, "required": said},
        validators=[MinValueValidator(FIRST_ON, said), MaxValueValidator(LAST_ON, said)],
    )


def _end(label: str) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return _day(label, required=False, widget=widget)


class AuditFilterForm(forms.Form):
    """The filter as it stands in the URL; none of it identifies a child."""

    actor = forms.CharField(
        label="Sign-in name or badge",
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs=PLAIN),
    )
    case = forms.CharField(
        label="Case number or id",
        required=False,
        max_length=40,
        validators=[NUMBER],
        widget=forms.TextInput(attrs={"id": "search", **PLAIN}),
    )
    victim = forms.CharField(
        label="Victim (pseudonym)",
        required=False,
        max_length=14,
        validators=[PSEUDONYM],
        widget=forms.TextInput(attrs=PLAIN),
    )
    ask = forms.ChoiceField(label="Saved question", required=False, choices=[("", "None"), *CODES])
    event = forms.ChoiceField(
        label="What happened",
        required=False,
        choices=[("", "Anything"), *sorted(Event.choices, key=lambda choice: choice[1])],
    )
    outcome = forms.ChoiceField(
        label="How it ended", required=False, choices=[("", "Any way"), *Outcome.choices]
    )
    since = _end("From")
    until = _end("To")
    after = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)

    def clean_after(self) -> Cursor | None:
        token = self.cleaned_data["after"]
        try:
            return Cursor.parse(token) if token else None
        except BadCursor as error:
            raise forms.ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", "To: this day lies before the first one.")
        return cleaned

    def asked(self) -> Asked:
        """Only after `is_valid()`. Both days are included, by the unit's clock."""
        given = self.cleaned_data
        until: date | None = given["until"]
        return Asked(
            actor=given["actor"].strip(),
            case=given["case"].strip(),
            victim=given["victim"].strip(),
            ask=given["ask"],
            event=given["event"],
            outcome=given["outcome"],
            from_at=_midnight(given["since"]),
            before_at=_midnight(until + timedelta(days=1)) if until else None,
        )

    def told(self) -> dict[str, str]:
        """What was looked for, as far as it made sense: what somebody else typed is not kept."""
        given = getattr(self, "cleaned_data", {})
        return {name: str(value) for name, value in given.items() if value and name != "after"}

    @property
    def cursor(self) -> Cursor | None:
        cursor: Cursor | None = self.cleaned_data["after"]
        return cursor

    def query(self, **changes: str) -> str:
        """The filter as a URL carries it."""
        names = ("actor", "case", "victim", "ask", "event", "outcome", "since", "until")
        given = {name: self.data.get(name, "") for name in names} | changes
        return urlencode({name: value for name, value in given.items() if value})


class ExportForm(forms.Form):
    """In which form the entries go out."""

    form = forms.ChoiceField(choices=FORMATS)


class WeekForm(forms.Form):
    """Any day of the week that is meant."""

    week = _day("Week", required=True, widget=forms.HiddenInput())


class SignForm(WeekForm):
    """The signature's sentence."""

    comment = forms.CharField(
        label="What you looked at, and what you found",
        help_text="No names of children or families. It stays as it is, for good.",
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Say what you looked at and what you found."},
    )


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else make_aware(datetime.combine(day, time.min))
