"""What do the unit's records share? Keys that can't be guessed, and sealed parts."""

import uuid

from django.db import models


class Record(models.Model):
    """A record whose number could otherwise be guessed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True


class Sealed(Record):
    """A record with a data key of its own. Without `wrapped_key` it is expunged for good."""

    key_id = models.CharField(max_length=64, blank=True, editable=False)
    wrapped_key = models.BinaryField(null=True, editable=False)
    sealed = models.BinaryField(null=True, editable=False)

    class Meta:
        abstract = True


def one_of(field: str, values: list[str], name: str) -> models.CheckConstraint:
    """The database holds the closed vocabulary too; raw SQL can't write another word."""
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": values}), name=name)
