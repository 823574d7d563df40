"""Who was shown an identity or an original text, why, and until when?"""

from django.db import models
from django.db.models import F, Q

from cases.enums import RevealReason
from cases.models.base import Record, one_of


class Reveal(Record):
    """One window on one sealed thing, for one account in one session.

    `entry_id` is the audit entry that was written with it; nothing is shown unless that entry
    stands. `form_token` is the form it came from, which serves once. `elsewhere`: the case is not
    the account's own, their squad's or one they supervise.
    """

    account = models.ForeignKey("cases.Account", on_delete=models.PROTECT, related_name="reveals")
    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="reveals")
    victim = models.ForeignKey(
        "cases.Victim", on_delete=models.CASCADE, null=True, blank=True, related_name="reveals"
    )
    person = models.ForeignKey(
        "cases.InvolvedPerson",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="reveals",
    )
    response = models.ForeignKey(
        "cases.Response", on_delete=models.CASCADE, null=True, blank=True, related_name="reveals"
    )
    reason_code = models.CharField(max_length=30, choices=RevealReason)
    reason = models.TextField()
    session = models.CharField(max_length=32, editable=False)
    form_token = models.UUIDField(unique=True, editable=False)
    entry_id = models.BigIntegerField(editable=False)
    elsewhere = models.BooleanField(default=False)
    revealed_at = models.DateTimeField()
    masked_at = models.DateTimeField()

    class Meta:
        ordering = ("-revealed_at", "id")
        constraints = (
            one_of("reason_code", RevealReason.values, "reveal_reason_known"),
            models.CheckConstraint(
                condition=Q(victim__isnull=False, person__isnull=True, response__isnull=True)
                | Q(victim__isnull=True, person__isnull=False, response__isnull=True)
                | Q(victim__isnull=True, person__isnull=True, response__isnull=False),
                name="reveal_of_one_thing",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="reveal_has_reason"),
            models.CheckConstraint(condition=~Q(session=""), name="reveal_in_a_session"),
            models.CheckConstraint(
                condition=Q(masked_at__gte=F("revealed_at")), name="reveal_ends"
            ),
        )
        indexes = (models.Index(fields=("account", "-revealed_at"), name="reveal_account_at"),)

    def __str__(self) -> str:
        return f"{self.reason_code} {self.revealed_at:%Y-%m-%d}"
