"""What does it take to release a locked account?"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms

from cases.selectors.lockout import LockedAccount

REASON_LENGTH = 1000


class ReleaseForm(forms.Form):
    account = forms.TypedChoiceField(
        label="Which account",
        coerce=UUID,
        error_messages={
            "required": "Which account: choose one.",
            "invalid_choice": "Which account: choose one from the list.",
        },
    )
    reason = forms.CharField(
        label="Why",
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="How you know who asked. Stands in the audit log for good.",
        error_messages={"required": "Why: give a reason."},
    )

    def __init__(self, *args: Any, locked: Sequence[LockedAccount], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].choices = [  # type: ignore[attr-defined]
            ("", "Choose"),
            *((str(one.account_id), f"{one.display_name} ({one.username})") for one in locked),
        ]
