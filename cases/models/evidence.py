"""What was collected, and what became of it?"""

from django.db import models
from django.db.models import Q

from cases.models.base import Record


class Evidence(Record):
    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="evidence")
    item = models.CharField(max_length=40)
    description = models.CharField(max_length=200)
    entered_at = models.DateTimeField()
    disposition = models.CharField(max_length=200, blank=True)
    dispositioned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("item",)
        constraints = (
            models.UniqueConstraint(fields=("case", "item"), name="evidence_item_once"),
            models.CheckConstraint(
                condition=Q(disposition="", dispositioned_at__isnull=True)
                | (~Q(disposition="") & Q(dispositioned_at__isnull=False)),
                name="evidence_disposition_dated",
            ),
        )

    def __str__(self) -> str:
        return self.item
