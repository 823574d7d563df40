"""What does it take to keep or remove access that is looked at again?"""

from django import forms

from cases.enums import AccessDecision
from cases.forms.reasons import why


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
    reason = why()
