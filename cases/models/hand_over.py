"""Who leaves or moves, and is their work handed over yet?"""

from django.db import models
from django.db.models import Q

from cases.enums import HandOverKind, HandOverState
from cases.models.base import Record, one_of


class HandOver(Record):
    """One officer's work, from the order that it goes to others until all of it has.

    `effective_on`: of somebody who leaves, the first day they are gone. Why: see the log.
    """

    officer = models.ForeignKey(
        "cases.Officer", on_delete=models.PROTECT, related_name="hand_overs"
    )
    kind = models.CharField(max_length=10, choices=HandOverKind)
    to_squad = models.ForeignKey(
        "cases.Squad", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    effective_on = models.DateField()
    state = models.CharField(max_length=10, choices=HandOverState, default=HandOverState.WAITING)
    asked_by = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    settled_by = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("due_at", "id")
        constraints = (
            one_of("kind", HandOverKind.values, "hand_over_kind_known"),
            one_of("state", HandOverState.values, "hand_over_state_known"),
            models.UniqueConstraint(
                fields=("officer",),
                condition=Q(state=HandOverState.WAITING),
                name="hand_over_waits_once",
            ),
            models.CheckConstraint(
                condition=Q(kind=HandOverKind.MOVES, to_squad__isnull=False)
                | Q(kind=HandOverKind.LEAVES, to_squad__isnull=True),
                name="hand_over_moves_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(state=HandOverState.WAITING) | Q(settled_at__isnull=False),
                name="hand_over_settled_dated",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.effective_on:%Y-%m-%d}: {self.state}"
