"""Which views of the list did somebody want to keep or share?"""

from django.db import models

from cases.models.base import Record


class SavedFilter(Record):
    account = models.ForeignKey("cases.Account", on_delete=models.CASCADE, related_name="filters")
    name = models.CharField(max_length=80)
    screen = models.CharField(max_length=40)
    query = models.CharField(max_length=500)
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=("account", "screen", "name"), name="saved_filter_name_once"
            ),
        )

    def __str__(self) -> str:
        return self.name
