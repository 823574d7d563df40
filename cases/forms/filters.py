"""Which filters may a list's URL carry, and from which list did the reader come?"""

import re
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict

from cases.enums import OFFICER_FLAGS, CaseState, Channel, FlagKind, OffenseClass
from cases.selectors import cases, work
from cases.selectors.cases import CaseFilters
from cases.selectors.work import WorkFilters

NUMBER = RegexValidator(
    r"^[A-Za-z/. -]*[0-9][A-Za-z0-9/. -]*$",
    "A case number has digits in it. Names are never searched for here.",
)
RANGE = re.compile(r"^(\d{1,5})-(\d{0,5})$")
ANY = ("", "Any")


class RangeField(forms.CharField):
    """Two whole numbers as in `31-60`; `366-` has no end."""

    def clean(self, value: str | None) -> tuple[int, int | None] | None:
        text = super().clean(value)
        if not text:
            return None
        match = RANGE.fullmatch(text)
        if match is None:
            raise forms.ValidationError("Give a range as in 31-60.")
        least, most = match.groups()
        return int(least), int(most) if most else None


class HolderField(forms.Field):
    """Who has the case: an officer's id, or "none" for nobody."""

    def to_python(self, value: str | None) -> UUID | str | None:
        if not value or value == cases.NOBODY:
            return value or None
        officer_id = uuid_or_none(value)
        if officer_id is None:
            raise forms.ValidationError("This names no officer.")
        return officer_id


class NumberField(forms.CharField):
    """A part of a case number; the field that the key `/` goes to."""

    def __init__(self) -> None:
        super().__init__(
            label="Case number",
            required=False,
            max_length=40,
            validators=[NUMBER],
            widget=forms.TextInput(
                attrs={
                    "id": "search",
                    "type": "search",
                    "autocomplete": "off",
                    "spellcheck": "false",
                }
            ),
        )


class FilterForm(forms.Form):
    """A filter that lives in the URL. What does not parse is said and not applied."""

    says_optional = False

    def query(self) -> str:
        """The filter as a URL carries it: only what is given and valid."""
        given = {
            name: self.data[name]
            for name in self.fields
            if self.data.get(name) and name not in self.errors
        }
        return urlencode(given)


class WorkFilterForm(FilterForm):
    number = NumberField()
    show = forms.ChoiceField(
        label="Show",
        required=False,
        choices=[("", "Everything"), *(pair for pair in work.SECTIONS if pair[0] != "rest")],
    )

    def filters(self) -> WorkFilters:
        self.full_clean()
        given = self.cleaned_data
        return WorkFilters(show=given.get("show", ""), number=given.get("number", ""))


class CaseFilterForm(FilterForm):
    number = NumberField()
    state = forms.ChoiceField(
        required=False, choices=[ANY, (cases.OPEN_STATES, "Open, in any state"), *CaseState.choices]
    )
    offense_class = forms.ChoiceField(
        label="Offense class", required=False, choices=[ANY, *OffenseClass.choices]
    )
    channel = forms.ChoiceField(label="Came in by", required=False, choices=[ANY, *Channel.choices])
    flag = forms.ChoiceField(
        required=False,
        choices=[ANY, *(pair for pair in FlagKind.choices if pair[0] not in OFFICER_FLAGS)],
    )
    squad = forms.UUIDField(required=False, widget=forms.HiddenInput)
    detective = HolderField(required=False, widget=forms.HiddenInput)
    division = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)
    age = RangeField(required=False, widget=forms.HiddenInput)
    complete = forms.RegexField(
        r"^(none|\d{1,3}-\d{0,3})$", required=False, widget=forms.HiddenInput
    )

    def filters(self) -> CaseFilters:
        self.full_clean()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        if given.get("detective") == cases.NOBODY:
            given |= {"detective": None, "nobody": True}
        complete = given.pop("complete", "")
        if complete == cases.NOT_COUNTED:
            return CaseFilters(**given, not_counted=True)
        if complete:
            least, _, most = complete.partition("-")
            given["complete"] = (int(least), int(most) if most else None)
        return CaseFilters(**given)

    def hidden_narrowings(self) -> list[str]:
        """In words, what the URL narrows by that the form has no field to show."""
        given = self.cleaned_data
        words = {
            "squad": "one squad",
            "detective": "held by nobody"
            if given.get("detective") == cases.NOBODY
            else "one detective",
            "division": f"division {given.get('division')}",
            "age": f"{self.data.get('age')} days old",
            "complete": f"completeness {self.data.get('complete')} %",
        }
        return [text for name, text in words.items() if given.get(name)]


@dataclass(frozen=True, slots=True)
class Origin:
    """The list that the reader came from; `query` is that list's own filter."""

    screen: str
    query: str

    @property
    def token(self) -> str:
        return f"{self.screen}?{self.query}"


FORMS: dict[str, type[WorkFilterForm] | type[CaseFilterForm]] = {
    work.SCREEN: WorkFilterForm,
    cases.SCREEN: CaseFilterForm,
}


def parse_origin(token: str) -> Origin | None:
    """The list named by a `from` parameter; None for one that names no list or a broken filter."""
    screen, _, query = token.partition("?")
    if screen not in FORMS:
        return None
    form = FORMS[screen](QueryDict(query))
    return Origin(screen, form.query()) if form.is_valid() else None


class SaveFilterForm(forms.Form):
    """Keep the filter of a list under a name."""

    name = forms.CharField(
        label="Name of this filter", max_length=80, help_text="No names of people."
    )
    screen = forms.ChoiceField(
        choices=[(screen, screen) for screen in FORMS], widget=forms.HiddenInput
    )
    query = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)
    shared = forms.BooleanField(label="Share it with the unit", required=False)

    def clean_query(self) -> str:
        """Only a filter that its list understands."""
        screen = self.cleaned_data.get("screen", cases.SCREEN)
        form = FORMS[screen](QueryDict(self.cleaned_data["query"]))
        return form.query() if form.is_valid() else ""


def uuid_or_none(text: str) -> UUID | None:
    """For ids that a URL's query carries."""
    try:
        return UUID(text)
    except ValueError:
        return None


def parse_query(query: str) -> QueryDict:
    """A filter's query as a form takes it."""
    return QueryDict(query)
