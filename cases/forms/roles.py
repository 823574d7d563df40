"""What may an administrator ask of a role?"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile

from cases.enums import Permission, Scope
from cases.forms.reasons import FOR_GOOD, why
from cases.rules.role_file import MOST_CHARACTERS
from cases.selectors.roles import Change, RoleCard


class RoleForm(forms.Form):
    """What the role is to reach and allow, on the version that was looked at."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    scope = forms.ChoiceField(
        label="Which cases it reaches",
        choices=Scope.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose which cases the role reaches.",
            "invalid_choice": "Choose which cases the role reaches from the list.",
        },
    )
    permissions = forms.MultipleChoiceField(
        required=False,
        choices=Permission.choices,
        error_messages={"invalid_choice": "There is no such permission. Choose from the list."},
    )

    @classmethod
    def of(cls, role: RoleCard) -> "RoleForm":
        """The form as the role stands."""
        ticked = sorted(role.permissions)
        return cls(initial={"version": role.version, "scope": role.scope, "permissions": ticked})

    @classmethod
    def asking(cls, role: RoleCard, change: Change) -> "RoleForm":
        """The form as if somebody had filled it in to ask for this change of the role."""
        ticked = sorted(change.permissions)
        return cls({"version": role.version, "scope": change.scope, "permissions": ticked})

    def change(self) -> Change:
        given = self.cleaned_data
        ticked = frozenset(Permission(name) for name in given["permissions"])
        return Change(Scope(given["scope"]), ticked)

    @property
    def ticked(self) -> frozenset[str]:
        """Permissions that are ticked now, as typed or as they stand."""
        return frozenset(self["permissions"].value() or ())


class ApplyForm(RoleForm):
    """The same, with the reason that makes it an act."""

    reason = why("say why this role changes")

    @classmethod
    def proposing(cls, proposed: RoleForm) -> "ApplyForm":
        """The form that asks for the reason of a change that was previewed."""
        initial: dict[str, Any] = dict(proposed.cleaned_data)
        return cls(initial=initial)


class UuidForm(forms.Form):
    """Which change of the role is to be taken back, if any."""

    revert = forms.UUIDField(required=False)

    def value(self) -> UUID | None:
        found: UUID | None = self.cleaned_data["revert"] if self.is_valid() else None
        return found


class TrialForm(forms.Form):
    """On whom and on which case a change is tried."""

    person = forms.TypedChoiceField(
        label="Person",
        coerce=UUID,
        error_messages={
            "required": "Person: choose somebody who has the role.",
            "invalid_choice": "Person: choose somebody who has the role.",
        },
    )
    number = forms.CharField(
        label="Case number",
        max_length=40,
        error_messages={"required": "Case number: give one."},
    )

    def __init__(self, *args: Any, people: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = [("", "Choose"), *people]  # type: ignore[attr-defined]


class DecideForm(forms.Form):
    """What the second person says of a change."""

    verdict = forms.ChoiceField(
        choices=[("approve", "Approve it"), ("refuse", "Refuse it")],
        error_messages={
            "required": "Choose whether to approve it.",
            "invalid_choice": "Choose whether to approve it.",
        },
    )
    reason = why("say what you looked at", hint=f"What you looked at. {FOR_GOOD}")


class RoleFileForm(forms.Form):
    """A file of roles, uploaded or carried along from its preview."""

    file = forms.FileField(
        label="File of roles",
        required=False,
        error_messages={"empty": "File of roles: this file is empty."},
    )
    text = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)
    says_optional = False

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        upload = given.get("file")
        if upload is not None:
            given["text"] = self._decoded(upload)
        if not given.get("text") and not self.errors:
            self.add_error("file", "File of roles: choose one.")
        return given

    def _decoded(self, upload: "UploadedFile[bytes]") -> str:
        if (upload.size or 0) > MOST_CHARACTERS:
            self.add_error("file", "File of roles: this file is too large to be one.")
            return ""
        try:
            return str(upload.read(), "utf-8")
        except UnicodeDecodeError:
            self.add_error("file", "File of roles: this is not text in UTF-8.")
            return ""


class WhyForm(forms.Form):
    """Why the roles change as a file says."""

    reason = why("say why these roles change")
    versions = forms.CharField(widget=forms.HiddenInput)
