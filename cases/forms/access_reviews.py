"""What does it take to keep or remove access that is looked at again?"""

from django import forms

from cases.enums import AccessDecision

REASON_LENGTH = 1000


class ReviewForm(forms.Form):
    decision = forms.ChoiceField(
        label="Does it stay?",
        choices=AccessDecision.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Does it stay: choose keeping or removing.",
            "invalid_choice": "Does it stay: choose keeping or removing.",
        },
    )
    reason = forms.CharField(
        label="Why",
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Stands in the audit log for good. No names of children.",
        error_messages={
            "required": "Why: give a reason.",
            "max_length": f"Why: at most {REASON_LENGTH} characters.",
        },
    )
