"""What did a hospital or the hotline send, and who answered?"""

from django.db import models
from django.db.models import Q

from cases.enums import Channel, Priority
from cases.models.base import Record, one_of


class Referral(Record):
    """A report from outside. It has a case, or waits for one; its clock runs either way."""

    case = models.ForeignKey(
        "cases.Case", on_delete=models.CASCADE, null=True, blank=True, related_name="referrals"
    )
    reference = models.CharField(max_length=60)
    channel = models.CharField(max_length=20, choices=Channel)
    organization = models.CharField(max_length=160)
    received_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    priority = models.CharField(max_length=1, choices=Priority, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    acknowledged_how = models.CharField(max_length=200, blank=True)
    source_digest = models.BinaryField(max_length=32, null=True, editable=False)

    class Meta:
        ordering = ("received_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("channel", "organization", "reference"), name="referral_reference_once"
            ),
            one_of("channel", Channel.values, "referral_channel_known"),
            one_of("priority", Priority.values, "referral_priority_known"),
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=True)
                | Q(acknowledged_at__gte=models.F("received_at")),
                name="referral_acknowledged_after_receipt",
            ),
        )

    def __str__(self) -> str:
        return self.reference
