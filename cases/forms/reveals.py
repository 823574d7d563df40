"""What is a reveal asked for, why, and from a form that serves once?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core import signing

from cases.enums import RevealReason
from cases.services.reveals import CHOOSE, RevealAsk, TokenFault

REASON_LENGTH = 1000
GOOD_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a form is good for: one account, in one session, asking for one thing."""

    account_id: UUID
    session: str
    key: UUID

    @property
    def salt(self) -> str:
        return f"reveal:{self.account_id}:{self.session}:{self.key}"

    def issue(self, now: datetime) -> str:
        """A new token, signed; using it is what uses it up."""
        return signing.dumps({"token": uuid4().hex, "at": now.timestamp()}, salt=self.salt)

    def token(self, signed: str, now: datetime) -> UUID | TokenFault:
        """The token of a form issued within the hour, or why there is none."""
        if not signed:
            return TokenFault.MISSING
        try:
            issued = signing.loads(signed, salt=self.salt)
        except signing.BadSignature:
            return TokenFault.GARBLED
        age = now.timestamp() - issued["at"]
        fresh = 0 <= age <= GOOD_FOR.total_seconds()
        return UUID(issued["token"]) if fresh else TokenFault.TOO_OLD


class RevealForm(forms.Form):
    """A reason from the list, and a sentence; `services.reveals` says whether they will do."""

    reason_code = forms.ChoiceField(
        label="What for",
        error_messages={"required": CHOOSE, "invalid_choice": CHOOSE},
    )
    reason = forms.CharField(
        label="Why",
        required=False,
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        error_messages={"max_length": f"Why: at most {REASON_LENGTH} characters."},
    )
    token = forms.CharField(widget=forms.HiddenInput, required=False)
    says_optional = False

    def __init__(
        self, *args: Any, reasons: Iterable[RevealReason], least: int, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = [(reason.value, str(reason.label)) for reason in reasons]
        self.fields["reason_code"].choices = [("", "Choose"), *choices]  # type: ignore[attr-defined]
        self.fields["reason"].help_text = (
            f"A sentence of at least {least} letters. It stands beside your name for good, where "
            "everybody who works on the case can read it. No names."
        )

    def ask(self, ticket: Ticket, now: datetime) -> RevealAsk:
        """What the form asks, as typed; for a token that is no good, why."""
        return RevealAsk(
            reason_code=self.data.get("reason_code", ""),
            reason=self.data.get("reason", ""),
            session=ticket.session,
            form_token=ticket.token(self.data.get("token", ""), now),
        )

    def renew(self, token: str) -> None:
        """Keep what was typed, under a token that was not used."""
        self.data = {**{name: self.data.get(name, "") for name in self.fields}, "token": token}
