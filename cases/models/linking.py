"""Which two cases may be about the same person or place, and who said so?"""

from django.db import models
from django.db.models import F, Q

from cases.enums import LinkKind, LinkState
from cases.models.base import Record, one_of

DECIDED = [LinkState.CONFIRMED, LinkState.DISMISSED, LinkState.UNDONE]


class CaseLink(Record):
    """Two cases that share a victim, a suspect or an address: suggested until a person decides.

    `pairs` holds pseudonyms and reasons, never what was compared. `first` is the one whose id sorts
    first, so that a pair stands once for each kind.
    """

    first = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="links_first")
    second = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="links_second")
    kind = models.CharField(max_length=10, choices=LinkKind)
    state = models.CharField(max_length=10, choices=LinkState, default=LinkState.SUGGESTED)
    pairs = models.JSONField(default=list)
    sure = models.CharField(max_length=12)
    suggested_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("-suggested_at", "id")
        constraints = (
            one_of("kind", LinkKind.values, "link_kind_known"),
            one_of("state", LinkState.values, "link_state_known"),
            models.UniqueConstraint(fields=("first", "second", "kind"), name="link_stands_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="link_in_order"),
            models.CheckConstraint(
                condition=~Q(state__in=DECIDED)
                | (Q(decided_at__isnull=False) & Q(decided_by__isnull=False) & ~Q(reason="")),
                name="link_decided_by_somebody",
            ),
        )
        indexes = (
            models.Index(
                fields=("-suggested_at", "id"),
                name="link_waiting",
                condition=Q(state=LinkState.SUGGESTED),
            ),
        )

    def __str__(self) -> str:
        return f"{self.first_id} {self.kind} {self.second_id}"
