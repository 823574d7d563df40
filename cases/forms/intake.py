"""What does the first form ask, channel by channel, and which sentence answers bad input?

A person's fields are sealed by the service the moment they are saved; nothing here logs, caches or
puts them into a URL.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.timezone import localdate

from cases.enums import Channel, OffenseClass, PersonRole, Priority, Sex
from cases.forms.numbers import PhoneField
from cases.rules.finding import probes
from cases.services.cases import Intake, ReferralInput
from cases.services.victims import PersonInput

CHILDREN = 3
PRESENT = 3
IDENTITY = ("first_name", "last_name", "birth_date", "phone")
OLDEST = timedelta(days=120 * 366)
PRIVATE = {"autocomplete": "off", "spellcheck": "false"}

Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ChannelWords:
    """What one channel's form asks for, in its own words."""

    channel: Channel
    lead: str
    reporter: str
    reporter_hint: str
    organization: str = ""
    organization_hint: str = ""
    reference: str = ""
    reference_hint: str = ""
    priority_required: bool = False
    asks_who_was_present: bool = False

    @property
    def has_referral(self) -> bool:
        return bool(self.organization)


WORDS: Mapping[Channel, ChannelWords] = {
    Channel.SCENE: ChannelWords(
        Channel.SCENE,
        lead="An officer was called to a scene.",
        reporter="Who called",
        reporter_hint="Leave it empty if the caller gave no name.",
        asks_who_was_present=True,
    ),
    Channel.WALK_IN: ChannelWords(
        Channel.WALK_IN,
        lead="Somebody came to a station desk.",
        reporter="Who brought the child, or came to report",
        reporter_hint="Speak with the child apart from whoever came along.",
    ),
    Channel.HOTLINE: ChannelWords(
        Channel.HOTLINE,
        lead="The hotline sent a report.",
        reporter="Who called the hotline",
        reporter_hint="The hotline may withhold this; leave it empty then.",
        organization="Hotline",
        organization_hint="Which hotline sent it.",
        reference="Call id",
        reference_hint="As the hotline wrote it.",
        priority_required=True,
    ),
    Channel.HOSPITAL: ChannelWords(
        Channel.HOSPITAL,
        lead="A hospital or clinic sent a report.",
        reporter="Clinician who reported",
        reporter_hint="The person who will answer for the examination.",
        organization="Facility",
        organization_hint="Hospital or clinic, and the department.",
        reference="Their reference",
        reference_hint="The facility's number for this report; never a medical record number.",
    ),
}


def _text(
    label: str, *, limit: int = 80, hint: str = "", required: bool = False
) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=limit,
        required=required,
        help_text=hint,
        widget=forms.TextInput(attrs=PRIVATE),
        error_messages={
            "required": f"{label}: fill this in.",
            "max_length": f"{label}: at most {limit} characters.",
        },
    )


def _birth_date() -> forms.DateField:
    return forms.DateField(
        label="Birth date",
        required=False,
        widget=forms.DateInput(attrs={"type": "date", **PRIVATE}, format="%Y-%m-%d"),
        error_messages={"invalid": "Birth date: give a day, as in 2017-05-31."},
    )


def _checked_birth(birth_on: date | None) -> date | None:
    if birth_on is None:
        return None
    if birth_on > localdate():
        raise forms.ValidationError("Birth date: this day has not come yet. Check the year.")
    if localdate() - birth_on > OLDEST:
        raise forms.ValidationError("Birth date: over 120 years ago. Check the year.")
    return birth_on


class SearchForm(forms.Form):
    """Step 1: is there a case about this child already?"""

    first_name = _text("Child's first name")
    last_name = _text("Child's last name")
    birth_date = _birth_date()
    unknown = forms.BooleanField(label="Neither name nor birth date is known yet", required=False)

    def clean_birth_date(self) -> date | None:
        return _checked_birth(self.cleaned_data["birth_date"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("unknown") and not self.errors and not self.is_searchable():
            raise forms.ValidationError(
                "Give the child's first and last name, or the birth date, so that a case that "
                "exists already is found; or say that neither is known yet."
            )
        return cleaned

    def is_searchable(self) -> bool:
        """Whether people are found by what was typed, once the invisible is left out."""
        return bool(probes(self.identity()))

    def identity(self) -> dict[str, str]:
        """What was typed, as the search takes it."""
        return _identity(self.cleaned_data)


class PersonForm(forms.Form):
    """Somebody on the case. Left empty, there is nobody."""

    role: PersonRole | None = None

    first_name = _text("First name")
    last_name = _text("Last name")

    def is_given(self) -> bool:
        """Whether anything was typed."""
        return any(value for name, value in self.cleaned_data.items() if name != "status")

    def person(self) -> PersonInput:
        given = self.cleaned_data
        return PersonInput(
            identity=_identity(given),
            role=self.role,
            sex=given.get("sex", ""),
            relation=given.get("relation", ""),
            description=given.get("description", ""),
        )


class ChildForm(PersonForm):
    birth_date = _birth_date()
    sex = forms.ChoiceField(
        label="Sex",
        choices=[("", "Not recorded"), *((s.value, s.label.capitalize()) for s in Sex if s.value)],
        required=False,
    )

    def clean_birth_date(self) -> date | None:
        return _checked_birth(self.cleaned_data["birth_date"])


class CaregiverForm(PersonForm):
    role = PersonRole.CAREGIVER

    relation = _text("Relation to the child", hint="Mother, foster parent, aunt.")
    phone = PhoneField()


class SuspectForm(PersonForm):
    role = PersonRole.SUSPECT

    status = forms.ChoiceField(
        label="What is known of a suspect",
        choices=[
            ("unknown", "Nothing yet"),
            ("unidentified", "Unidentified, with a description"),
            ("named", "Named"),
        ],
        initial="unknown",
        widget=forms.RadioSelect,
        error_messages={"required": "Say what is known of a suspect."},
    )
    relation = _text("Relation and access to the child", hint="Lives in the home; coach; neighbor.")
    description = forms.CharField(
        label="Description",
        max_length=600,
        required=False,
        help_text="Of somebody unidentified: build, age, marks. No names: this is not sealed.",
        widget=forms.Textarea(attrs={"rows": 3, **PRIVATE}),
    )

    def is_given(self) -> bool:
        return bool(self.cleaned_data["status"] != "unknown")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        named = cleaned.get("first_name") or cleaned.get("last_name")
        match cleaned.get("status"):
            case "named" if not named:
                self.add_error("last_name", "A named suspect needs a name.")
            case "unidentified" if not cleaned.get("description"):
                self.add_error("description", "Describe the unidentified suspect.")
            case "unidentified" | "unknown" if named:
                self.add_error("status", "You gave a name: choose “Named”, or take the name out.")
        return cleaned


class ReporterForm(PersonForm):
    role = PersonRole.REPORTER

    relation = _text("Who they are", hint="Parent, teacher, nurse, neighbor.")
    phone = PhoneField()


class PresentForm(PersonForm):
    role = PersonRole.WITNESS

    relation = _text("Who they are", hint="Sibling, neighbor, officer on the scene.")


class ReferralForm(forms.Form):
    """What a hospital or the hotline sent."""

    organization = _text("Organization", limit=160, required=True)
    reference = _text("Reference", limit=60, required=True)

    def __init__(self, *args: Any, words: ChannelWords, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("organization", "reference"):
            label = getattr(words, name)
            self.fields[name].label = label
            self.fields[name].help_text = getattr(words, f"{name}_hint")
            self.fields[name].error_messages["required"] = f"{label}: fill this in."

    def referral(self, priority: str) -> ReferralInput:
        given = self.cleaned_data
        return ReferralInput(given["organization"], given["reference"], priority)


class ReportForm(forms.Form):
    """The report itself."""

    submission_key = forms.UUIDField(widget=forms.HiddenInput)
    received_at = forms.DateTimeField(
        label="Received",
        help_text="When the unit or the desk first had it. Clocks start here.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={
            "required": "Received: give the day and time at which the report came in.",
            "invalid": "Received: give day and time, as in 2026-03-02 14:05.",
        },
    )
    offense_class = forms.ChoiceField(
        label="Offense class",
        choices=[("", "Choose"), *((c.value, c.label) for c in OffenseClass)],
        help_text="What it looks like now; it can be changed. “Unclassified” is allowed.",
        error_messages={
            "required": "Offense class: choose one; “Unclassified” is allowed.",
            "invalid_choice": "Offense class: choose one from the list.",
        },
    )
    priority = forms.ChoiceField(
        label="Response priority",
        required=False,
        help_text="The child is to be seen within 3, 24 or 72 hours; with none given, within 24.",
        error_messages={
            "required": "Response priority: the hotline gives one; choose it.",
            "invalid_choice": "Response priority: choose one from the list.",
        },
    )
    squad = forms.ChoiceField(
        label="Squad",
        help_text="Its sergeant assigns the case.",
        error_messages={
            "required": "Squad: choose one, so that a sergeant has the case from the start.",
            "invalid_choice": "Squad: choose one from the list.",
        },
    )
    division = _text("Patrol division")
    serious_injury = forms.BooleanField(label="Serious physical injury", required=False)
    child_witness = forms.BooleanField(
        label="Another child may have seen it",
        required=False,
        help_text="A forensic interview is asked for then.",
    )
    nibrs = forms.ChoiceField(label="NIBRS code", required=False)
    statute = forms.ChoiceField(label="Statute", required=False)

    def __init__(
        self, *args: Any, words: ChannelWords, choices: "IntakeChoices", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["priority"].required = words.priority_required
        empty = "Choose" if words.priority_required else Priority.NONE.label
        _offer(self.fields["priority"], empty, [(p.value, p.label) for p in Priority if p.value])
        _offer(self.fields["squad"], "Choose", choices.squads)
        _offer(self.fields["nibrs"], "None yet", choices.nibrs)
        _offer(self.fields["statute"], "None yet", choices.statutes)


@dataclass(frozen=True, slots=True)
class IntakeChoices:
    """What the report's lists offer: (value, label) each."""

    squads: Choices = ()
    nibrs: Choices = ()
    statutes: Choices = ()
    divisions: Sequence[str] = ()


def _offer(field: forms.Field, empty: str, choices: Choices) -> None:
    field.choices = [("", empty), *choices]  # type: ignore[attr-defined]


class IntakeForms:
    """Step 2: all parts of one channel's form, checked and read together."""

    def __init__(
        self,
        words: ChannelWords,
        choices: IntakeChoices,
        data: Mapping[str, Any] | None = None,
        *,
        child: Mapping[str, Any] | None = None,
        received_at: datetime | None = None,
        squad: str = "",
    ) -> None:
        self.words = words
        self.report = ReportForm(
            data,
            words=words,
            choices=choices,
            prefix="report",
            initial={"submission_key": uuid4(), "received_at": received_at, "squad": squad},
        )
        self.referral = (
            ReferralForm(data, words=words, prefix="referral") if words.has_referral else None
        )
        self.children = [
            ChildForm(
                data, prefix=f"child-{index}", initial=dict(child or {}) if index == 0 else None
            )
            for index in range(CHILDREN)
        ]
        self.caregiver = CaregiverForm(data, prefix="caregiver")
        self.suspect = SuspectForm(data, prefix="suspect")
        self.reporter = ReporterForm(data, prefix="reporter")
        self.present = self._repeat(PresentForm, data, PRESENT if words.asks_who_was_present else 0)

    @staticmethod
    def _repeat(
        form: Callable[..., PresentForm], data: Mapping[str, Any] | None, count: int
    ) -> list[PresentForm]:
        return [form(data, prefix=f"present-{index}") for index in range(count)]

    def parts(self) -> Iterator[forms.Form]:
        """Every form, in the order of the page."""
        yield self.report
        if self.referral is not None:
            yield self.referral
        yield from self.children
        yield from (self.caregiver, self.suspect, self.reporter)
        yield from self.present

    @property
    def has_codes(self) -> bool:
        """Whether the unit has loaded any code to choose from."""
        codes = (self.report.fields[name] for name in ("nibrs", "statute"))
        return any(len(field.choices) > 1 for field in codes)  # type: ignore[attr-defined]

    @property
    def more_children(self) -> bool:
        """Whether a second child was begun, so that the page opens that part."""
        return any(form.has_changed() or form.errors for form in self.children[1:])

    def is_valid(self) -> bool:
        """Checks every part, so that all sentences come at once."""
        valid = [part.is_valid() for part in self.parts()]
        return all(valid)

    def refuse_referral(self, sentence: str) -> None:
        """Say on its field why this referral can't be taken."""
        if self.referral is not None:
            self.referral.add_error("reference", sentence)

    @property
    def errors(self) -> list[tuple[str, str]]:
        """(id of the field or "", sentence) for everything that is wrong."""
        return [
            (part[name].id_for_label if name in part.fields else "", str(message))
            for part in self.parts()
            for name, messages in part.errors.items()
            for message in messages
        ]

    def intake(self) -> Intake:
        """The report as the service takes it. Only after `is_valid()`."""
        report = self.report.cleaned_data
        return Intake(
            channel=self.words.channel,
            received_at=report["received_at"],
            offense_class=OffenseClass(report["offense_class"]),
            submission_key=report["submission_key"],
            priority=report["priority"],
            nibrs=report["nibrs"],
            statute=report["statute"],
            division=report["division"],
            serious_injury=report["serious_injury"],
            child_witness=report["child_witness"],
            victims=self._victims(),
            people=tuple(form.person() for form in self._people() if form.is_given()),
            referral=self.referral.referral(report["priority"]) if self.referral else None,
            squad_id=UUID(report["squad"]),
        )

    def _victims(self) -> tuple[PersonInput, ...]:
        """At least one: a child nobody has named yet is a child all the same."""
        first, *more = self.children
        return (first.person(), *(form.person() for form in more if form.is_given()))

    def _people(self) -> Iterator[PersonForm]:
        yield from (self.caregiver, self.suspect, self.reporter)
        yield from self.present


def _identity(cleaned: Mapping[str, Any]) -> dict[str, str]:
    given = {name: cleaned.get(name) for name in IDENTITY}
    return {
        name: value.isoformat() if isinstance(value, date) else str(value)
        for name, value in given.items()
        if value
    }
