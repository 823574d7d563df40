"""What was imported, by which mapping, and which rows did not land?"""

from django.db import models

from cases.enums import ImportState
from cases.models.base import Record, Sealed, one_of


class SavedMapping(Record):
    """Which column of another department's export is which; docs/import.md describes the body."""

    name = models.SlugField(max_length=60, unique=True)
    body = models.JSONField()
    author = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class ImportRun(Sealed):
    """One import, from preview to end. Uploaded bytes are sealed chunks under this run's data key.

    File names are not kept: they can name a child. `digest` tells the same file again.
    """

    source = models.CharField(max_length=10, choices=[("bundle", "Bundle"), ("csv", "One file")])
    mapping = models.ForeignKey(
        SavedMapping, on_delete=models.PROTECT, null=True, blank=True, related_name="runs"
    )
    squad = models.ForeignKey(
        "cases.Squad", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    digest = models.BinaryField(max_length=32)
    state = models.CharField(max_length=12, choices=ImportState, default=ImportState.PREVIEWED)
    requested_by = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    landed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    blank = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            one_of("state", ImportState.values, "import_state_known"),
            one_of("source", ["bundle", "csv"], "import_source_known"),
        )

    def __str__(self) -> str:
        return f"import {self.state}"


class ImportChunk(models.Model):
    """A piece of an uploaded file, sealed; deleted when the run has ended."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="chunks")
    position = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=("run", "position"), name="import_chunk_once"),
        )

    def __str__(self) -> str:
        return f"chunk {self.position}"


class ImportRejection(models.Model):
    """A row that did not land: where, and why. The reason names the column, never its value."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rejections")
    file = models.CharField(max_length=40)
    line = models.PositiveIntegerField()
    reason = models.CharField(max_length=300)

    class Meta:
        ordering = ("file", "line", "id")

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"
