"""What does it take to release a locked account?"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms

from cases.forms.reasons import FOR_GOOD, why
from cases.selectors.lockout import LockedAccount


class ReleaseForm(forms.Form):
    account = forms.TypedChoiceField(
        label="Which account",
        coerce=UUID,
        error_messages={
            "required": "Which account: choose one.",
            "invalid_choice": "Which account: choose one from the list.",
        },
    )
    reason = why(hint=f"How you know who asked. {FOR_GOOD}")

    def __init__(self, *args: Any, locked: Sequence[LockedAccount], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].choices = [  # type: ignore[attr-defined]
            ("", "Choose"),
            *((str(one.account_id), f"{one.display_name} ({one.username})") for one in locked),
        ]
