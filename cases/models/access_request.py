"""Who asked to be let in to a case that they don't see, why, and what was answered?"""

from django.db import models
from django.db.models import F, Q

from cases.models.base import Record, one_of


class RequestState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"
    LAPSED = "lapsed", "Nobody answered"


class AccessRequest(Record):
    """A number that somebody typed, and why they need the case behind it.

    Nothing is looked up when it is made: the row is the same whether there is such a case, and
    whether a wall stands before it. Who decides finds it by the number; `case` is the one that was
    decided on. Unanswered, it climbs to the captain at `climbs_at` and is over at `lapses_at`.
    """

    account = models.ForeignKey(
        "cases.Account", on_delete=models.CASCADE, related_name="access_requests"
    )
    number = models.CharField(max_length=40)
    reason = models.TextField()
    asked_at = models.DateTimeField()
    climbs_at = models.DateTimeField()
    lapses_at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=RequestState, default=RequestState.WAITING)
    case = models.ForeignKey(
        "cases.Case", on_delete=models.CASCADE, null=True, blank=True, related_name="requests"
    )
    decided_by = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True)
    granted_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-asked_at", "id")
        constraints = (
            one_of("state", RequestState.values, "request_state_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="request_has_reason"),
            models.CheckConstraint(
                condition=(
                    ~Q(state__in=[RequestState.WAITING, RequestState.LAPSED])
                    | Q(decided_at__isnull=True, decided_by__isnull=True, case__isnull=True)
                )
                & (
                    ~Q(state__in=[RequestState.APPROVED, RequestState.REFUSED])
                    | Q(decided_at__isnull=False, decided_by__isnull=False, case__isnull=False)
                ),
                name="request_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(climbs_at__gte=F("asked_at"), lapses_at__gt=F("asked_at")),
                name="request_ends",
            ),
            models.CheckConstraint(
                condition=~Q(state=RequestState.REFUSED) | ~Q(answer=""),
                name="request_refused_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(state=RequestState.APPROVED, granted_until__isnull=False)
                | (~Q(state=RequestState.APPROVED) & Q(granted_until__isnull=True)),
                name="request_approved_until",
            ),
            models.UniqueConstraint(
                fields=("account", "number"),
                condition=Q(state=RequestState.WAITING),
                name="request_waits_once",
            ),
        )
        indexes = (
            models.Index(
                fields=("number",),
                name="request_waiting_number",
                condition=Q(state=RequestState.WAITING),
            ),
        )

    def __str__(self) -> str:
        return f"{self.state} {self.asked_at:%Y-%m-%d}"
