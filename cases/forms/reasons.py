"""How is somebody asked why, where the answer stands in the audit log for good?"""

from django import forms

REASON_LENGTH = 1000
FOR_GOOD = "Stands in the audit log for good."
NO_NAMES = f"{FOR_GOOD} No names of children."


def why(asked: str = "give a reason", *, hint: str = NO_NAMES) -> forms.CharField:
    """The field of a reason. `asked` is what is missing without one, after "Why: "."""
    return forms.CharField(
        label="Why",
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=hint,
        error_messages={
            "required": f"Why: {asked}.",
            "max_length": f"Why: at most {REASON_LENGTH} characters.",
        },
    )
