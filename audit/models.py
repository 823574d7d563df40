"""What does one audit entry hold, and why can't it be changed?

The table refuses UPDATE, DELETE and TRUNCATE by trigger (migration 0002), whoever asks.
"""

from django.contrib.postgres.indexes import GinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from audit.events import Event, Outcome, event_choices


class Entry(models.Model):
    """One act or one look.

    `changes` maps field names to `[before, after]`, values of identifying fields masked. `details`
    holds ids, counts and codes, never identities or narratives; `case` (an id) or `cases` (a list
    of ids) there makes the entry findable from each case that it touched.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    event = models.CharField(max_length=40, choices=event_choices)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.ALLOWED)
    actor_id = models.CharField(max_length=64, blank=True)
    actor_label = models.CharField(max_length=150, blank=True)
    session = models.CharField(max_length=32, blank=True)
    source_address = models.GenericIPAddressField(null=True, blank=True)
    subject_type = models.CharField(max_length=40, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    reason = models.TextField(blank=True)
    changes = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    details = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name_plural = "entries"
        ordering = ("-at", "-id")
        indexes = (
            models.Index(fields=["-at", "-id"], name="audit_entry_at"),
            models.Index(fields=["actor_id", "-at", "-id"], name="audit_entry_actor"),
            models.Index(
                fields=["subject_type", "subject_id", "-at", "-id"], name="audit_entry_subject"
            ),
            models.Index(fields=["event", "-at", "-id"], name="audit_entry_event"),
            models.Index(
                fields=["-at", "-id"],
                name="audit_entry_not_allowed",
                condition=~Q(outcome=Outcome.ALLOWED),
            ),
            GinIndex(fields=["details"], name="audit_entry_details", opclasses=["jsonb_path_ops"]),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(outcome__in=Outcome.values), name="audit_entry_outcome_known"
            ),
            models.CheckConstraint(
                condition=Q(event__regex=r"^[a-z][a-z_]+$"), name="audit_entry_event_named"
            ),
            models.CheckConstraint(
                condition=Q(subject_id="") | ~Q(subject_type=""),
                name="audit_entry_subject_has_type",
            ),
        )

    def __str__(self) -> str:
        return f"{self.event} #{self.pk}"

    @property
    def event_label(self) -> str:
        """The act in words."""
        return str(Event(self.event).label)
