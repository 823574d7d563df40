"""Who works for the unit, in which squad, and since when?"""

from django.db import models
from django.db.models import F, Q

from cases.enums import Rank
from cases.models.base import Record, one_of


class Squad(Record):
    """Detectives under one supervising sergeant."""

    name = models.CharField(max_length=80, unique=True)
    sergeant = models.ForeignKey(
        "cases.Officer", on_delete=models.PROTECT, null=True, blank=True, related_name="squads_led"
    )

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Officer(Record):
    """A sworn member; may have no account. `active_to` is the first day they are gone."""

    badge = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=120)
    rank = models.CharField(max_length=20, choices=Rank)
    squad = models.ForeignKey(
        Squad, on_delete=models.PROTECT, null=True, blank=True, related_name="officers"
    )
    active_from = models.DateField()
    active_to = models.DateField(null=True, blank=True)
    source_digest = models.BinaryField(max_length=32, null=True, editable=False)

    class Meta:
        ordering = ("name", "badge")
        constraints = (
            one_of("rank", Rank.values, "officer_rank_known"),
            models.CheckConstraint(
                condition=Q(active_to__isnull=True) | Q(active_to__gte=F("active_from")),
                name="officer_leaves_after_joining",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.badge})"
