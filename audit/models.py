"""What does one audit entry hold, why can't it be changed, and what seals it?

The tables refuse UPDATE, DELETE and TRUNCATE by trigger (migrations 0002 and 0003), whoever asks.
"""

from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from audit.events import Event, Outcome, event_choices
from audit.fields import ThisCluster, ThisTransaction, Xid8Field


class Entry(models.Model):
    """One act or one look.

    `changes` maps field names to `[before, after]`, values of identifying fields masked. `details`
    holds ids, counts and codes, never identities or narratives; `case` (an id) or `cases` (a list
    of ids) there makes the entry findable from each case that it touched.

    The last three are the database's own: in which order it was written (`cluster`, `xid`), and
    what keeps its bare hash from being guessed (`nonce`).
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    event = models.CharField(max_length=40, choices=event_choices)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.ALLOWED)
    actor_id = models.CharField(max_length=64, blank=True)
    actor_label = models.CharField(max_length=150, blank=True)
    session = models.CharField(max_length=32, blank=True)
    source_address = models.GenericIPAddressField(null=True, blank=True)
    subject_type = models.CharField(max_length=40, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    reason = models.TextField(blank=True)
    changes = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    details = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    cluster = models.BigIntegerField(db_default=ThisCluster(), editable=False)
    xid = Xid8Field(db_default=ThisTransaction(), editable=False)
    nonce = models.UUIDField(db_default=RandomUUID(), editable=False)

    class Meta:
        verbose_name_plural = "entries"
        ordering = ("-at", "-id")
        indexes = (
            models.Index(fields=["-at", "-id"], name="audit_entry_at"),
            models.Index(fields=["actor_id", "-at", "-id"], name="audit_entry_actor"),
            models.Index(
                fields=["subject_type", "subject_id", "-at", "-id"], name="audit_entry_subject"
            ),
            models.Index(fields=["event", "-at", "-id"], name="audit_entry_event"),
            models.Index(
                fields=["-at", "-id"],
                name="audit_entry_not_allowed",
                condition=~Q(outcome=Outcome.ALLOWED),
            ),
            GinIndex(fields=["details"], name="audit_entry_details", opclasses=["jsonb_path_ops"]),
            models.Index(fields=["cluster", "xid", "id"], name="audit_entry_order"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(outcome__in=Outcome.values), name="audit_entry_outcome_known"
            ),
            models.CheckConstraint(
                condition=Q(event__regex=r"^[a-z][a-z_]+$"), name="audit_entry_event_named"
            ),
            models.CheckConstraint(
                condition=Q(subject_id="") | ~Q(subject_type=""),
                name="audit_entry_subject_has_type",
            ),
        )

    def __str__(self) -> str:
        return f"{self.event} #{self.pk}"

    @property
    def event_label(self) -> str:
        """The act in words."""
        return str(Event(self.event).label)


class Leaf(models.Model):
    """An entry's place in the tree, and its hash. `mac` is keyed: who lacks the key can't move it.

    No foreign key: an entry may leave with its partition, its leaf stays.
    """

    index = models.BigIntegerField(primary_key=True)
    entry_id = models.BigIntegerField()
    hash = models.BinaryField()
    mac = models.BinaryField()

    class Meta:
        verbose_name_plural = "leaves"
        constraints = (
            models.UniqueConstraint(fields=["entry_id"], name="audit_leaf_once_for_an_entry"),
            models.CheckConstraint(condition=Q(index__gte=0), name="audit_leaf_from_zero"),
        )

    def __str__(self) -> str:
        return f"leaf {self.index}"


class Node(models.Model):
    """The hash of a full subtree of `2 ** level` leaves, kept at every eighth level."""

    id = models.BigAutoField(primary_key=True)
    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["level", "index"], name="audit_node_once"),
            models.CheckConstraint(condition=Q(level__gt=0), name="audit_node_above_the_leaves"),
        )

    def __str__(self) -> str:
        return f"node {self.level}/{self.index}"


class Checkpoint(models.Model):
    """The tree when it had `size` leaves, signed; and the entry up to which it was sealed.

    `previous` is the size of the checkpoint before it (0: it is the first), so that none can be
    taken out from between; those made before checkpoints were chained have none.
    """

    size = models.BigIntegerField(primary_key=True)
    previous = models.BigIntegerField(null=True, editable=False)
    note = models.TextField()
    mac = models.BinaryField()
    cluster = models.BigIntegerField()
    xid = Xid8Field()
    entry_id = models.BigIntegerField()
    sealed_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=["cluster", "-size"], name="audit_checkpoint_by_cluster"),
            models.Index(fields=["sealed_at"], name="audit_checkpoint_sealed_at"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(size__gt=0), name="audit_checkpoint_not_empty"),
        )

    def __str__(self) -> str:
        return f"checkpoint {self.size}"


class Epoch(models.Model):
    """The log went on in another cluster, from this leaf: it was restored, or moved."""

    id = models.BigAutoField(primary_key=True)
    cluster = models.BigIntegerField()
    first_leaf = models.BigIntegerField()
    began_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(first_leaf__gte=0), name="audit_epoch_from_zero"),
        )

    def __str__(self) -> str:
        return f"epoch {self.pk}"


class Witnessing(models.Model):
    """A checkpoint was handed to a witness, or could not be. `problem` names the fault's kind."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    size = models.BigIntegerField()
    witness = models.CharField(max_length=8)
    problem = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = (models.Index(fields=["witness", "-at"], name="audit_witnessing_latest"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(witness__in=("file", "email", "http")), name="audit_witnessing_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.witness} {self.size}"


class Retirement(models.Model):
    """A month that has left the log: its leaves stay, its entries stand in no table of the log.

    `note` is signed by the log and says which, when, by whom and under what order
    (`audit.retired`); the columns beside it are for the database's own check.
    """

    id = models.BigAutoField(primary_key=True)
    month_from = models.DateField()
    at = models.DateTimeField()
    entries = models.BigIntegerField()
    note = models.TextField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(entries__gte=0), name="audit_retirement_counted"),
            models.CheckConstraint(
                condition=Q(month_from__day=1), name="audit_retirement_of_a_month"
            ),
        )

    def __str__(self) -> str:
        return f"retirement of {self.month_from:%Y-%m}"
