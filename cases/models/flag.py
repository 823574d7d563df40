"""What did the unit's rules find wrong, and which named supervisor has it?"""

from django.db import models
from django.db.models import Q

from cases.enums import FlagKind, FlagStatus, Step
from cases.models.base import Record, one_of

STANDING = ~Q(status=FlagStatus.RESOLVED)


class Flag(Record):
    """One finding on a case, an officer or a referral that has no case yet.

    At most one that stands per (subject, kind, clock), however many workers look: the three partial
    unique constraints are that promise. `reasons` is a list of {"code", "params"}, never free text
    about people. `acknowledge_by` is the flag_acknowledged clock; past it the flag climbs a `step`.
    """

    kind = models.CharField(max_length=30, choices=FlagKind)
    clock_kind = models.CharField(max_length=40, blank=True)
    clock_key = models.CharField(max_length=64, blank=True)
    case = models.ForeignKey(
        "cases.Case", on_delete=models.CASCADE, null=True, blank=True, related_name="flags"
    )
    officer = models.ForeignKey(
        "cases.Officer", on_delete=models.CASCADE, null=True, blank=True, related_name="flags"
    )
    referral = models.ForeignKey(
        "cases.Referral", on_delete=models.CASCADE, null=True, blank=True, related_name="flags"
    )
    status = models.CharField(max_length=20, choices=FlagStatus, default=FlagStatus.OPEN)
    severity = models.PositiveSmallIntegerField(default=0)
    reasons = models.JSONField(default=list, blank=True)
    since = models.DateTimeField()
    raised_at = models.DateTimeField()
    step = models.CharField(max_length=20, choices=Step, default=Step.SERGEANT)
    supervisor = models.ForeignKey(
        "cases.Officer", on_delete=models.PROTECT, null=True, blank=True, related_name="flags_held"
    )
    acknowledge_by = models.DateTimeField()
    acknowledged_by = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    comment = models.TextField(blank=True)
    waived_until = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-severity", "raised_at", "id")
        constraints = (
            one_of("kind", FlagKind.values, "flag_kind_known"),
            one_of("status", FlagStatus.values, "flag_status_known"),
            one_of("step", Step.values, "flag_step_known"),
            models.CheckConstraint(
                condition=Q(case__isnull=False, officer__isnull=True, referral__isnull=True)
                | Q(case__isnull=True, officer__isnull=False, referral__isnull=True)
                | Q(case__isnull=True, officer__isnull=True, referral__isnull=False),
                name="flag_has_one_subject",
            ),
            models.UniqueConstraint(
                fields=("case", "kind", "clock_kind", "clock_key"),
                condition=STANDING & Q(case__isnull=False),
                name="flag_stands_once_per_case",
            ),
            models.UniqueConstraint(
                fields=("officer", "kind"),
                condition=STANDING & Q(officer__isnull=False),
                name="flag_stands_once_per_officer",
            ),
            models.UniqueConstraint(
                fields=("referral", "kind"),
                condition=STANDING & Q(referral__isnull=False),
                name="flag_stands_once_per_referral",
            ),
            models.CheckConstraint(
                condition=~Q(status=FlagStatus.RESOLVED) | Q(resolved_at__isnull=False),
                name="flag_resolved_dated",
            ),
            models.CheckConstraint(
                condition=~Q(status=FlagStatus.WAIVED)
                | (Q(waived_until__isnull=False) & ~Q(comment="")),
                name="flag_waived_with_reason_and_end",
            ),
            models.CheckConstraint(
                condition=~Q(status=FlagStatus.ACKNOWLEDGED)
                | (Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False)),
                name="flag_acknowledged_by_somebody",
            ),
        )
        indexes = (
            models.Index(
                fields=("acknowledge_by",),
                name="flag_climbs",
                condition=Q(status=FlagStatus.OPEN) & ~Q(step=Step.COMMANDER),
            ),
            models.Index(
                fields=("waived_until",),
                name="flag_returns",
                condition=Q(status=FlagStatus.WAIVED),
            ),
            models.Index(fields=("case",), name="flag_standing_case", condition=STANDING),
            models.Index(fields=("raised_at",), name="flag_raised"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.clock_kind}".strip()
