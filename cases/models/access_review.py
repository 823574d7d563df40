"""Which access was looked at again, and was it kept or removed?"""

from django.db import models
from django.db.models import Q

from cases.enums import AccessDecision
from cases.models.base import Record, one_of


class AccessReview(Record):
    """One decision about one role, grant or wall. Why it was taken stands in the audit log.

    When the next is due follows from the last that kept it (`selectors.access_reviews`).
    """

    role = models.ForeignKey(
        "cases.Role", on_delete=models.CASCADE, null=True, blank=True, related_name="reviews"
    )
    grant = models.ForeignKey(
        "cases.CaseUserObjectPermission",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="reviews",
    )
    wall = models.ForeignKey(
        "cases.Wall", on_delete=models.CASCADE, null=True, blank=True, related_name="reviews"
    )
    decision = models.CharField(max_length=10, choices=AccessDecision)
    decided_by = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ("-decided_at", "id")
        constraints = (
            one_of("decision", AccessDecision.values, "access_review_decision_known"),
            models.CheckConstraint(
                condition=Q(role__isnull=False, grant__isnull=True, wall__isnull=True)
                | Q(role__isnull=True, grant__isnull=False, wall__isnull=True)
                | Q(role__isnull=True, grant__isnull=True, wall__isnull=False),
                name="access_review_of_one_thing",
            ),
        )

    def __str__(self) -> str:
        return f"{self.decision} {self.decided_at:%Y-%m-%d}"
