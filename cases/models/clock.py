"""Which promises are running, and which are past due? The sweep reads these rows alone."""

from django.db import models
from django.db.models import F, Q

from cases.enums import ClockKind
from cases.models.base import Record, one_of

RUNNING = Q(met_at__isnull=True, stopped_at__isnull=True)


class Clock(models.Model):
    """One promise. `key` tells several of a kind apart (a referral's, a report's, an assignment's).

    `due_at` already counts a hold in. `flagged_at` is set by the sweep that saw it past due, so
    that the partial index `clock_unflagged_due` holds only what no sweep has dealt with.
    `severity` and `reasons` are what its flag would say, computed by the rules when the row is
    written; the sweep copies them.
    """

    case = models.ForeignKey(
        "cases.Case", on_delete=models.CASCADE, null=True, blank=True, related_name="clocks"
    )
    referral = models.ForeignKey(
        "cases.Referral", on_delete=models.CASCADE, null=True, blank=True, related_name="clocks"
    )
    kind = models.CharField(max_length=40, choices=ClockKind)
    key = models.CharField(max_length=64, blank=True)
    starts_at = models.DateTimeField()
    due_at = models.DateTimeField()
    met_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    flagged_at = models.DateTimeField(null=True, blank=True)
    severity = models.PositiveSmallIntegerField(db_default=0)
    reasons = models.JSONField(db_default=models.Value([], models.JSONField()))

    class Meta:
        ordering = ("due_at", "id")
        constraints = (
            one_of("kind", ClockKind.values, "clock_kind_known"),
            models.UniqueConstraint(
                fields=("case", "kind", "key"), name="clock_once_per_case_kind_key"
            ),
            models.UniqueConstraint(
                fields=("referral", "kind"),
                condition=Q(case__isnull=True),
                name="clock_once_per_loose_referral",
            ),
            models.CheckConstraint(
                condition=Q(case__isnull=False) | Q(referral__isnull=False),
                name="clock_has_a_subject",
            ),
            models.CheckConstraint(
                condition=Q(due_at__gte=F("starts_at")), name="clock_due_after_start"
            ),
        )
        indexes = (
            models.Index(
                fields=("due_at",),
                name="clock_unflagged_due",
                condition=RUNNING & Q(flagged_at__isnull=True),
            ),
            models.Index(fields=("case", "due_at"), name="clock_case_running", condition=RUNNING),
            models.Index(
                fields=("id",),
                name="clock_flagged_settled",
                condition=~RUNNING & Q(flagged_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} due {self.due_at:%Y-%m-%d %H:%M}"


class ClockHold(Record):
    """A pause with a reason, an author and an end."""

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="holds")
    clock_kind = models.CharField(max_length=40, choices=ClockKind)
    clock_key = models.CharField(max_length=64, blank=True)
    reason = models.TextField()
    author = models.ForeignKey("cases.Account", on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ("entered_at", "id")
        constraints = (
            one_of("clock_kind", ClockKind.values, "hold_clock_kind_known"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="hold_ends"),
            models.CheckConstraint(condition=~Q(reason=""), name="hold_has_reason"),
        )

    def __str__(self) -> str:
        return f"{self.clock_kind} until {self.ends_at:%Y-%m-%d}"
