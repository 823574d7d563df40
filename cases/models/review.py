"""What did a sergeant decide about a report or a closure?"""

from django.db import models
from django.db.models import Q

from cases.enums import ReviewDecision, ReviewSubject
from cases.models.base import Record, one_of


class Review(Record):
    """Approved, or returned with what is missing. `comments` maps element codes to words."""

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="reviews")
    subject = models.CharField(max_length=10, choices=ReviewSubject)
    response = models.ForeignKey(
        "cases.Response", on_delete=models.CASCADE, null=True, blank=True, related_name="reviews"
    )
    decision = models.CharField(max_length=10, choices=ReviewDecision)
    comments = models.JSONField(default=dict, blank=True)
    reviewer = models.ForeignKey(
        "cases.Officer", on_delete=models.PROTECT, null=True, blank=True, related_name="reviews"
    )
    occurred_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    source_digest = models.BinaryField(max_length=32, null=True, editable=False)

    class Meta:
        ordering = ("entered_at", "id")
        constraints = (
            one_of("subject", ReviewSubject.values, "review_subject_known"),
            one_of("decision", ReviewDecision.values, "review_decision_known"),
            models.CheckConstraint(
                condition=~Q(subject="report") | Q(response__isnull=False),
                name="report_review_names_report",
            ),
            models.UniqueConstraint(fields=("case", "source_digest"), name="review_imported_once"),
        )
        indexes = (models.Index(fields=("case", "entered_at"), name="review_case_entered"),)

    def __str__(self) -> str:
        return f"{self.subject} {self.decision}"
