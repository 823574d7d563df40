"""When did the sweep last run, and what did it see? Pages read this; silence is an alarm."""

from django.db import models

from cases.models.base import one_of


class SweepRun(models.Model):
    kind = models.CharField(
        max_length=10, choices=[("sweep", "Sweep"), ("reconcile", "Reconcile")], default="sweep"
    )
    as_of = models.DateTimeField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("-started_at",)
        constraints = (one_of("kind", ["sweep", "reconcile"], "sweep_kind_known"),)
        indexes = (models.Index(fields=("kind", "-started_at"), name="sweep_latest"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d %H:%M}"
