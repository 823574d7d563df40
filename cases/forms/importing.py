"""What does an import ask: the file, which column is which, what codes mean, whose cases?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import validate_slug
from django.forms import BoundField

from cases.services.importing.fields import FIELDS, Field, Kind
from cases.services.importing.guessing import (
    DATE_FORMATS,
    Look,
    guessed_columns,
    guessed_time_column,
    guessed_words,
    is_ambiguous,
)
from cases.services.importing.mapping import (
    SCHEMA,
    UNASSIGNED,
    FieldMap,
    MappingRefused,
    folded,
    mapping_of,
)

DRAW = ""
AUTO = "auto"
DATED = (Kind.INSTANT, Kind.DAY)
SAME_FOR_ALL = ("channel", "priority", "offense_class")
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "The case": (
        "case_number", "received_at", "happened_at", "channel", "priority", "offense_class",
        "nibrs",
        "statute", "division", "serious_injury", "child_witness",
    ),
    "How far it is": ("status", "disposition", "closed_at"),
    "The child": (
        "victim_name", "victim_first_name", "victim_last_name", "victim_birth_date", "victim_age",
        "victim_sex",
    ),
    "Other people": (
        "caregiver_name", "suspect_name", "suspect_status", "reporter_name", "witness_name",
    ),
    "Who has it": ("assigned_badge", "assigned_at", "supervisor_badge"),
    "The report": ("report", "report_at", "report_badge"),
}  # fmt: skip


class UploadForm(forms.Form):
    """One file. Its bytes are sealed while they arrive; the form never has them."""

    file = forms.FileField(
        label="File",
        help_text="A bundle as a zip, or one CSV file of any layout.",
        allow_empty_file=True,
        error_messages={"required": "Choose a file."},
    )


class MappingForm(forms.Form):
    """A mapping that exists, or a new one."""

    mapping = forms.ChoiceField(label="Mapping", required=False)

    def __init__(self, data: Any = None, *, names: Sequence[tuple[str, str]]) -> None:
        super().__init__(data)
        field = self.fields["mapping"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(DRAW, "Draw one on this file's header"), *names]


class CommitForm(forms.Form):
    squad = forms.ChoiceField(
        label="Squad",
        required=False,
        help_text="Without one, a case goes to the squad of its detective; what nobody has is seen "
        "by captains.",
    )
    save_as = forms.SlugField(
        label="Save the mapping as",
        required=False,
        max_length=60,
        validators=[validate_slug],
        help_text="Letters, digits and hyphens. Leave it empty to use it this once.",
    )

    def __init__(
        self, data: Any = None, *, squads: Sequence[tuple[str, str]], saves_mapping: bool
    ) -> None:
        super().__init__(data)
        field = self.fields["squad"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", "By the detective's squad"), *squads]
        if not saves_mapping:
            del self.fields["save_as"]


@dataclass(frozen=True, slots=True)
class DrawnField:
    """One line of the drawing: our field, and the boxes that say where it comes from."""

    field: Field
    boxes: tuple[BoundField, ...]


class DrawForm(forms.Form):
    """Which column is which. Boxes are named field-column, field-formats and so on."""

    time_zone = forms.CharField(label="Time zone of the file's dates", max_length=60)

    def __init__(
        self, data: Any = None, *, look: Look, mapping: FieldMap | None = None, title: str = ""
    ) -> None:
        super().__init__(data)
        self._look = look
        self._title = title
        self._columns = [
            ("", "Not in this file"),
            *((one.name, _described(one)) for one in look.columns),
        ]
        guesses = _of_mapping(mapping, look) if mapping else _guesses(look)
        self.initial["time_zone"] = mapping.zone.key if mapping else settings.TIME_ZONE
        for one in FIELDS.values():
            self._add(one, guesses)

    def _add(self, one: Field, guesses: Mapping[str, str]) -> None:
        self._choice(one, "column", "Column", self._columns, guesses)
        if one.kind in DATED:
            formats = [(AUTO, "As the column's cells read"), *DATE_FORMATS.items()]
            self._choice(one, "formats", "Dates read as", formats, guesses)
        if one.kind == Kind.INSTANT:
            self._choice(one, "time_column", "Time of day in", self._columns, guesses)
        if one.name in SAME_FOR_ALL and one.words:
            words = [
                ("", "By the column"),
                *((word, label) for word, label in one.words.items() if word),
            ]
            self._choice(one, "value", "Always the same", words, guesses)
        if one.kind == Kind.BADGE:
            unknown = [("refuse", "List the row"), (UNASSIGNED, "Land it without the officer")]
            self._choice(one, "unknown", "A badge nobody here has", unknown, guesses)
        if one.kind == Kind.AGE:
            self.fields[f"{one.name}-not_recorded"] = forms.CharField(
                label="Means not recorded",
                required=False,
                max_length=80,
                widget=forms.TextInput(attrs={"class": "usa-input"}),
                initial=guesses.get(f"{one.name}-not_recorded", "0"),
            )

    def _choice(
        self,
        one: Field,
        part: str,
        label: str,
        choices: Sequence[tuple[str, str]],
        guesses: Mapping[str, str],
    ) -> None:
        name = f"{one.name}-{part}"
        self.fields[name] = forms.ChoiceField(
            label=label,
            required=False,
            choices=choices,
            initial=guesses.get(name, choices[0][0]),
            widget=forms.Select(attrs={"class": "usa-select"}),
        )

    def sections(self) -> Iterator[tuple[str, list[DrawnField]]]:
        for title, names in SECTIONS.items():
            yield title, [self._drawn(FIELDS[name]) for name in names]

    def _drawn(self, one: Field) -> DrawnField:
        boxes = (self[name] for name in self.fields if name.startswith(f"{one.name}-"))
        return DrawnField(one, tuple(boxes))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for one in FIELDS.values():
            self._check(one, cleaned)
        if not self.errors:
            try:
                mapping_of(self.body())
            except MappingRefused as refused:
                raise forms.ValidationError(str(refused)) from None
        return cleaned

    def _check(self, one: Field, given: Mapping[str, Any]) -> None:
        column, value = given.get(f"{one.name}-column"), given.get(f"{one.name}-value")
        name = f"{one.name}-column"
        if one.required and not column and not value:
            more = ", or say that it is always the same" if one.name in SAME_FOR_ALL else ""
            self.add_error(name, f"Choose the column for: {one.label.lower()}{more}.")
        if column and value:
            self.add_error(name, f"{one.label}: choose a column or one value for all, not both.")
        if column and one.kind in DATED and given.get(f"{one.name}-formats") == AUTO:
            self._check_dates(one, column)

    def _check_dates(self, one: Field, column: str) -> None:
        """Dates that read as more than one day each are never guessed."""
        formats = self._look.column(column).formats
        if not formats:
            sentence = "Nothing that reads as a date was found in this column. Choose another."
            self.add_error(f"{one.name}-column", sentence)
        elif is_ambiguous(formats):
            sentence = "These dates read month first and day first alike. Choose which it is."
            self.add_error(f"{one.name}-formats", sentence)

    def body(self) -> dict[str, Any]:
        """The mapping as drawn, without codes."""
        fields = {name: rule for name, one in FIELDS.items() if (rule := self._rule(one))}
        return {
            "schema": SCHEMA,
            "title": self._title,
            "time_zone": self.cleaned_data.get("time_zone", ""),
            "fields": fields,
        }

    def _rule(self, one: Field) -> dict[str, Any]:
        column, value = self._given(one, "column"), self._given(one, "value")
        if not column:
            return {"value": value} if value else {}
        rule: dict[str, Any] = {"column": column}
        if one.kind in DATED:
            chosen = self._given(one, "formats")
            rule["formats"] = (
                list(self._look.column(column).formats) if chosen == AUTO else [chosen]
            )
        if time_column := self._given(one, "time_column"):
            rule["time_column"] = time_column
        if self._given(one, "unknown") == UNASSIGNED:
            rule["unknown"] = UNASSIGNED
        if empty := self._given(one, "not_recorded"):
            rule["not_recorded"] = [part.strip() for part in empty.split(",")]
        return rule

    def _given(self, one: Field, part: str) -> str:
        return str(self.cleaned_data.get(f"{one.name}-{part}", "") or "")


def _described(one: Any) -> str:
    outlines = "  ·  ".join(one.outlines[:2])
    return f"{one.name}  ({outlines})" if outlines else f"{one.name}  (empty)"


def _guesses(look: Look) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, column in guessed_columns(look).items():
        found[f"{name}-column"] = column
        if FIELDS[name].kind == Kind.INSTANT:
            found[f"{name}-time_column"] = guessed_time_column(look, column)
    return found


def _of_mapping(mapping: FieldMap, look: Look) -> dict[str, str]:
    """What a mapping that was drawn before says, so that it can be corrected."""
    there = {folded(column.name): column.name for column in look.columns}
    found: dict[str, str] = {}
    for name, rule in mapping.rules.items():
        found[f"{name}-column"] = there.get(folded(rule.column), "")
        found[f"{name}-time_column"] = there.get(folded(rule.time_column), "")
        found[f"{name}-value"] = rule.value or ""
        found[f"{name}-unknown"] = UNASSIGNED if rule.lands_unassigned else "refuse"
        found[f"{name}-not_recorded"] = ", ".join(sorted(rule.not_recorded))
        if len(rule.formats) == 1 and rule.formats[0] in DATE_FORMATS:
            found[f"{name}-formats"] = rule.formats[0]
    return found


Codes = Mapping[str, Sequence[tuple[str, int]]]


@dataclass(frozen=True, slots=True)
class CodeTable:
    """One column of codes: each with its count and the box for our word, and the default's box."""

    field: Field
    column: str
    lines: tuple[tuple[str, int, BoundField], ...]
    default: BoundField


class CodesForm(forms.Form):
    """What the codes of the mapped columns mean. Boxes: field-0, field-1, field-default."""

    def __init__(self, data: Any = None, *, mapping: FieldMap, codes: Codes) -> None:
        super().__init__(data)
        self._mapping = mapping
        self._codes = codes
        for name, values in codes.items():
            self._add(name, [value for value, _ in values])

    def _add(self, name: str, values: Sequence[str]) -> None:
        rule, words = self._mapping.rules[name], FIELDS[name].words or {}
        known = [(word, label) for word, label in words.items() if word]
        guesses = guessed_words(name, values)
        for at, value in enumerate(values):
            self.fields[f"{name}-{at}"] = forms.ChoiceField(
                label=value,
                required=False,
                choices=[("", "By the line below"), *known],
                initial=rule.codes.get(folded(value)) or guesses[value],
                widget=forms.Select(attrs={"class": "usa-select"}),
            )
        unlisted = [] if FIELDS[name].required else [("-", "Leave it empty")]
        self.fields[f"{name}-default"] = forms.ChoiceField(
            label="Every other code",
            required=False,
            choices=[("", "List the row"), *unlisted, *known],
            initial=rule.default or ("unclassified" if name == "offense_class" else ""),
            widget=forms.Select(attrs={"class": "usa-select"}),
        )

    def tables(self) -> Iterator[CodeTable]:
        for name, values in self._codes.items():
            lines = (
                (value, count, self[f"{name}-{at}"]) for at, (value, count) in enumerate(values)
            )
            rule = self._mapping.rules[name]
            yield CodeTable(FIELDS[name], rule.column, tuple(lines), self[f"{name}-default"])

    def body(self) -> dict[str, Any]:
        """The mapping with its codes."""
        fields = {name: dict(rule) for name, rule in self._mapping.body["fields"].items()}
        for name, values in self._codes.items():
            chosen = {
                value: self.cleaned_data[f"{name}-{at}"] for at, (value, _) in enumerate(values)
            }
            fields[name]["codes"] = {value: word for value, word in chosen.items() if word}
            fields[name].pop("default", None)
            if default := self.cleaned_data[f"{name}-default"]:
                fields[name]["default"] = "" if default == "-" else default
        return {**self._mapping.body, "fields": fields}


def code_fields(mapping: FieldMap) -> list[tuple[str, str]]:
    """The fields whose columns hold codes: name and column."""
    return [
        (name, rule.column)
        for name, rule in mapping.rules.items()
        if FIELDS[name].kind == Kind.CODE and rule.column
    ]
