"""What may an administrator ask of a role?"""

from typing import Any

from django import forms

from cases.enums import Permission, Scope
from cases.selectors.roles import Change, RoleCard

REASON_LENGTH = 1000


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

    reason = forms.CharField(
        label="Why",
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Stands in the audit log for good. No names of children.",
        error_messages={
            "required": "Why: say why this role changes.",
            "max_length": f"Why: at most {REASON_LENGTH} characters.",
        },
    )

    @classmethod
    def proposing(cls, proposed: RoleForm) -> "ApplyForm":
        """The form that asks for the reason of a change that was previewed."""
        initial: dict[str, Any] = dict(proposed.cleaned_data)
        return cls(initial=initial)
