"""What does a sergeant say about a report, and to which of its fields?"""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms

from cases.enums import ReviewDecision
from cases.selectors.reviews import ReviewedElement


class ReviewForm(forms.Form):
    """`comment-<code>` beside each element, `comment` for the report as a whole."""

    comment = forms.CharField(
        label="The report as a whole",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    decision = forms.ChoiceField(choices=ReviewDecision.choices, widget=forms.HiddenInput)

    def __init__(self, *args: Any, elements: Sequence[ReviewedElement], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.elements = elements
        for element in elements:
            self.fields[f"comment-{element.code}"] = forms.CharField(
                label=f"Comment on: {element.label}",
                required=False,
                max_length=2000,
                widget=forms.Textarea(attrs={"rows": 1}),
            )

    def commented(self) -> Iterator[dict[str, Any]]:
        """Each element with the field for its comment."""
        for element in self.elements:
            yield {"element": element, "field": self[f"comment-{element.code}"]}

    def comments(self) -> dict[str, str]:
        """Element codes ("" for the whole) to words."""
        given = {
            name.removeprefix("comment").removeprefix("-"): text
            for name, text in self.cleaned_data.items()
            if name.startswith("comment")
        }
        return {code: text for code, text in given.items() if text}
