"""Whose identity was expunged, by which court's order, asked by whom and confirmed by whom?"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from cases.enums import ExpungeState
from cases.models.base import Record, one_of

LEAF_LENGTH = 16


class Expunge(Record):
    """One person's expunge, from request to end. Says nothing of who the person was.

    `leaves` names the shred keys to be destroyed in the store: written with the confirmation,
    emptied when they are gone, so that a crash between the two is finished later.
    """

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="expunges")
    victim = models.ForeignKey(
        "cases.Victim", on_delete=models.PROTECT, null=True, blank=True, related_name="expunges"
    )
    person = models.ForeignKey(
        "cases.InvolvedPerson",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="expunges",
    )
    court_order = models.CharField(max_length=80)
    reason = models.TextField()
    state = models.CharField(max_length=12, choices=ExpungeState, default=ExpungeState.REQUESTED)
    requested_by = models.ForeignKey("cases.Account", on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.TextField(blank=True)
    leaves = ArrayField(
        models.CharField(max_length=LEAF_LENGTH), default=list, blank=True, editable=False
    )
    shredded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-requested_at", "id")
        constraints = (
            one_of("state", ExpungeState.values, "expunge_state_known"),
            models.CheckConstraint(
                condition=Q(victim__isnull=True) ^ Q(person__isnull=True),
                name="expunge_of_one_person",
            ),
            models.CheckConstraint(
                condition=~Q(court_order="") & ~Q(reason=""), name="expunge_has_order_and_reason"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[ExpungeState.REQUESTED, ExpungeState.WITHDRAWN])
                | Q(decided_by__isnull=False, decided_at__isnull=False)
                & ~Q(decided_by=F("requested_by")),
                name="expunge_takes_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(state=ExpungeState.DONE) | Q(leaves=[], shredded_at__isnull=False),
                name="expunge_done_is_shredded",
            ),
            *(
                models.UniqueConstraint(
                    fields=(who,),
                    condition=~Q(state=ExpungeState.WITHDRAWN),
                    name=f"expunge_once_per_{who}",
                )
                for who in ("victim", "person")
            ),
        )

    def __str__(self) -> str:
        return f"expunge {self.state}"
