"""What is asked to add somebody to a case, or to correct who was written down?"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.timezone import localdate

from cases.enums import PersonRole, Sex
from cases.forms.numbers import PRIVATE, PhoneField, check_ssn
from cases.rules.redaction import FIELDS
from cases.services.correcting import Correction
from cases.services.victims import PersonInput

OLDEST = timedelta(days=120 * 366)
CHILD = "victim"
ROLES = [(CHILD, "Alleged victim"), *PersonRole.choices]
SEXES = [("", "Not recorded"), *((s.value, str(s.label).capitalize()) for s in Sex if s.value)]


def _line(
    label: str, limit: int = 80, hint: str = "", check: Callable[[str], None] | None = None
) -> forms.CharField:
    return forms.CharField(
        label=label,
        validators=[check] if check else (),
        max_length=limit,
        required=False,
        help_text=hint,
        widget=forms.TextInput(attrs=PRIVATE),
        error_messages={"max_length": f"{label}: at most {limit} characters."},
    )


class IdentityForm(forms.Form):
    """What is sealed of somebody. Names in any form are replaced in every text of the case."""

    first_name = _line("First name")
    middle_name = _line("Middle name")
    last_name = _line("Last name")
    nickname = _line("Also called", hint="What the family or friends say, where it is another.")
    birth_date = forms.DateField(
        label="Birth date",
        required=False,
        widget=forms.DateInput(attrs={"type": "date", **PRIVATE}, format="%Y-%m-%d"),
        error_messages={"invalid": "Birth date: give a day, as in 2017-05-31."},
    )
    phone = PhoneField()
    email = forms.EmailField(
        label="E-mail",
        required=False,
        max_length=120,
        widget=forms.EmailInput(attrs=PRIVATE),
        error_messages={"invalid": "E-mail: this is not an address."},
    )
    address = _line("Address", 200, "Number and street first, then a comma and the town.")
    school = _line("School", 120)
    ssn = _line("Social security number", 11, check=check_ssn)

    def clean_birth_date(self) -> date | None:
        born: date | None = self.cleaned_data["birth_date"]
        if born is not None and born > localdate():
            raise forms.ValidationError("Birth date: this day has not come yet. Check the year.")
        if born is not None and localdate() - born > OLDEST:
            raise forms.ValidationError("Birth date: over 120 years ago. Check the year.")
        return born

    def identity(self) -> dict[str, str]:
        given = {name: self.cleaned_data.get(name) for name in FIELDS}
        return {
            name: value.isoformat() if isinstance(value, date) else str(value).strip()
            for name, value in given.items()
            if value
        }


def _relation() -> forms.CharField:
    return _line("Relation to the child, and access", 80, "Not sealed. Lives in the home; teacher.")


def _description() -> forms.CharField:
    return forms.CharField(
        label="Description",
        max_length=600,
        required=False,
        help_text="Of somebody unidentified: build, age, marks. Not sealed.",
        widget=forms.Textarea(attrs={"rows": 3, **PRIVATE}),
    )


class AddForm(IdentityForm):
    """Who else is part of the case."""

    field_order = ("role",)

    role = forms.ChoiceField(
        label="Who they are in this case",
        choices=ROLES,
        widget=forms.RadioSelect,
        error_messages={"required": "Say who they are in this case."},
    )
    sex = forms.ChoiceField(label="Sex", choices=SEXES, required=False, help_text="Of a child.")
    relation = _relation()
    description = _description()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not self.identity() and not cleaned.get("description"):
            raise forms.ValidationError("Say who it is, or describe somebody unidentified.")
        return cleaned

    def person(self) -> PersonInput:
        given = self.cleaned_data
        child = given["role"] == CHILD
        return PersonInput(
            identity=self.identity(),
            role=None if child else PersonRole(given["role"]),
            sex=given["sex"] if child else "",
            relation=given["relation"],
            description=given["description"],
        )


class CorrectForm(IdentityForm):
    """What is right. What stays empty stays as it is; nothing that is sealed is shown."""

    emptied = forms.MultipleChoiceField(
        label="Remove what is on record",
        choices=[(name, name.replace("_", " ").capitalize()) for name in FIELDS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, is_child: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_child:
            choices = [("", "As it is"), *SEXES[1:]]
            self.fields["sex"] = forms.ChoiceField(label="Sex", choices=choices, required=False)
        else:
            self.fields["relation"] = _relation()
            self.fields["description"] = _description()
        self.order_fields(["sex", *FIELDS, "relation", "description", "emptied"])

    def correction(self) -> Correction:
        given = self.cleaned_data
        return Correction(
            identity=self.identity(),
            emptied=frozenset(given["emptied"]),
            sex=given.get("sex") or None,
            relation=given.get("relation") or None,
            description=given.get("description") or None,
        )
