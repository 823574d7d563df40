"""Who opened a case in an emergency, why, and which supervisors have seen that they did?"""

from django.db import models
from django.db.models import F, Q

from cases.models.base import Record


class BrokenGlass(Record):
    """One hour on a case outside the squad. Its grant lets somebody in; this row tells of it.

    It stands on the desk of the case's supervisor and of the captain, each until they say that
    they have seen it.
    """

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="broken_glass")
    account = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, related_name="broken_glass"
    )
    reason = models.TextField()
    broken_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    supervisor_seen_at = models.DateTimeField(null=True, blank=True)
    supervisor_seen_by = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    captain_seen_at = models.DateTimeField(null=True, blank=True)
    captain_seen_by = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ("-broken_at", "id")
        constraints = (
            models.CheckConstraint(condition=~Q(reason=""), name="glass_has_reason"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("broken_at")), name="glass_ends"),
            models.CheckConstraint(
                condition=Q(supervisor_seen_at__isnull=True, supervisor_seen_by__isnull=True)
                | Q(supervisor_seen_at__isnull=False, supervisor_seen_by__isnull=False),
                name="glass_supervisor_is_named",
            ),
            models.CheckConstraint(
                condition=Q(captain_seen_at__isnull=True, captain_seen_by__isnull=True)
                | Q(captain_seen_at__isnull=False, captain_seen_by__isnull=False),
                name="glass_captain_is_named",
            ),
            models.CheckConstraint(
                condition=~Q(supervisor_seen_by=F("account")) & ~Q(captain_seen_by=F("account")),
                name="glass_seen_by_another",
            ),
        )
        indexes = (
            models.Index(
                fields=("case",),
                name="glass_unseen",
                condition=Q(supervisor_seen_at__isnull=True) | Q(captain_seen_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.account_id} {self.broken_at:%Y-%m-%d %H:%M}"
