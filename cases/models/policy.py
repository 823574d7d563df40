"""Which version of the unit's rules is in force? An edit makes a new version."""

from django.db import models
from django.db.models import Q


class Policy(models.Model):
    version = models.PositiveIntegerField(primary_key=True)
    body = models.JSONField()
    reason = models.TextField()
    author = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-version",)
        constraints = (models.CheckConstraint(condition=~Q(reason=""), name="policy_has_reason"),)

    def __str__(self) -> str:
        return f"policy {self.version}"
