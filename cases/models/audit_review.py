"""Which weeks of the audit log has somebody gone through, and what did they say?"""

from django.db import models
from django.db.models import Q

from cases.models.base import Record

MONDAY = 1


class AuditReview(Record):
    """One week of the log, signed for good. `week_on` is its Monday by the unit's calendar.

    `found` holds what stood out when it was signed: how many entries each saved question had.
    `entries` are all of that week; a week that grew afterwards can be told by it.
    """

    week_on = models.DateField()
    signed_by = models.ForeignKey("cases.Account", on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    comment = models.TextField()
    found = models.JSONField(default=dict)
    entries = models.PositiveIntegerField()

    class Meta:
        ordering = ("-week_on",)
        constraints = (
            models.UniqueConstraint(fields=("week_on",), name="audit_review_once_a_week"),
            models.CheckConstraint(
                condition=Q(week_on__iso_week_day=MONDAY), name="audit_review_from_monday"
            ),
            models.CheckConstraint(condition=~Q(comment=""), name="audit_review_has_comment"),
        )

    def __str__(self) -> str:
        return f"week of {self.week_on:%Y-%m-%d}"
