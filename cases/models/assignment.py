"""Who has the case, since when, and have they said so?"""

from django.db import models
from django.db.models import Q

from cases.models.base import Record


class Assignment(Record):
    """`left_open`: it ended in a hand-over that found nobody and named a supervisor instead."""

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="assignments")
    officer = models.ForeignKey(
        "cases.Officer", on_delete=models.PROTECT, related_name="assignments"
    )
    assigned_by = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    assigned_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    reassignment = models.BooleanField(default=False)
    left_open = models.BooleanField(default=False)

    class Meta:
        ordering = ("assigned_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("case",), condition=Q(ended_at__isnull=True), name="assignment_one_current"
            ),
            models.CheckConstraint(
                condition=Q(left_open=False) | Q(ended_at__isnull=False),
                name="assignment_left_open_has_ended",
            ),
        )
        indexes = (models.Index(fields=("officer", "assigned_at"), name="assignment_officer"),)

    def __str__(self) -> str:
        return f"{self.case_id} → {self.officer_id}"
