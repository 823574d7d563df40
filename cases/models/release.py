"""What is to leave the building, what was taken out of it, and who said so?

Everything that is released is copied when the release is begun and sealed under the release's own
data key: what was approved can't change behind the approver's back.
"""

from django.db import models
from django.db.models import F, Q

from cases.enums import FileState, MarkDecision, ReleaseCategory, ReleaseState
from cases.models.base import Record, Sealed, one_of


class Release(Sealed):
    """One release of one case to one kind of reader. `version` is what the approver saw.

    `profile_body`: the profile as it stood when the release was begun. `source_digest`: the case's
    texts as they stood when they were copied. `reason` is kept redacted.
    """

    number = models.CharField(max_length=12, unique=True)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="releases")
    profile = models.SlugField(max_length=40)
    profile_body = models.JSONField()
    reason = models.TextField()
    state = models.CharField(max_length=12, choices=ReleaseState, default=ReleaseState.PREPARING)
    submission_key = models.UUIDField(unique=True, editable=False)
    source_digest = models.BinaryField(max_length=32, editable=False)
    prepared_by = models.ForeignKey("cases.Account", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    submitted_by = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    submitted_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    parts_total = models.PositiveIntegerField(default=0)
    parts_done = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    version = models.CharField(max_length=64, blank=True)
    result_sha256 = models.CharField(max_length=64, blank=True)
    result_pages = models.PositiveIntegerField(default=0)
    result_size = models.PositiveIntegerField(default=0)
    approved_by = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    downloaded_at = models.DateTimeField(null=True, blank=True)
    comment = models.TextField(blank=True)

    class Meta:
        ordering = ("-created_at", "-number")
        constraints = (
            one_of("state", ReleaseState.values, "release_state_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="release_has_reason"),
            models.CheckConstraint(
                condition=Q(state=ReleaseState.APPROVED, approved_by__isnull=False)
                & ~Q(result_sha256="")
                & ~Q(version="")
                | ~Q(state=ReleaseState.APPROVED),
                name="release_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | ~Q(approved_by=F("prepared_by")) & ~Q(approved_by=F("submitted_by")),
                name="release_approved_by_another",
            ),
        )
        indexes = (models.Index(fields=("case", "created_at"), name="release_case"),)

    def __str__(self) -> str:
        return self.number


class ReleaseFile(Record):
    """A PDF or an image that somebody added. Its bytes and its name are sealed; it never leaves."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="files")
    position = models.PositiveIntegerField()
    kind = models.CharField(
        max_length=4, choices=[("pdf", "PDF"), ("png", "PNG"), ("jpeg", "JPEG")]
    )
    state = models.CharField(max_length=8, choices=FileState, default=FileState.READING)
    size = models.PositiveIntegerField()
    pages = models.PositiveIntegerField(default=0)
    pages_done = models.PositiveIntegerField(default=0)
    digest = models.BinaryField(max_length=32, editable=False)
    sealed_label = models.BinaryField(editable=False)
    sealed_content = models.BinaryField(editable=False)
    error = models.TextField(blank=True)
    added_by = models.ForeignKey("cases.Account", on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("position",)
        constraints = (
            one_of("kind", ["pdf", "png", "jpeg"], "release_file_kind_known"),
            one_of("state", FileState.values, "release_file_state_known"),
            models.UniqueConstraint(fields=("release", "position"), name="release_file_position"),
            models.UniqueConstraint(fields=("release", "digest"), name="release_file_once"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.position}"


class ReleaseItem(Record):
    """One text of the case, or one page of a file: what is marked, and what is released.

    An entry has `sealed_content`, its text. A page has a picture, and `sealed_layout`: the
    characters that the file says are on it, with their places. `seen_at`: a person has looked the
    page over.
    """

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="items")
    file = models.ForeignKey(
        ReleaseFile, on_delete=models.CASCADE, null=True, blank=True, related_name="items"
    )
    position = models.PositiveIntegerField()
    label = models.CharField(max_length=120)
    source = models.CharField(max_length=80, blank=True)
    digest = models.BinaryField(max_length=32, editable=False)
    sealed_content = models.BinaryField(editable=False)
    sealed_layout = models.BinaryField(null=True, editable=False)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    has_text = models.BooleanField(default=True)
    seen_by = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=("release", "position"), name="release_item_position"),
        )

    def __str__(self) -> str:
        return self.label


class ReleaseMark(Record):
    """A place to be taken out: a stretch of a text, or a rectangle of a page, never the words.

    `reason` says why a suggestion was rejected, redacted.
    """

    item = models.ForeignKey(ReleaseItem, on_delete=models.CASCADE, related_name="marks")
    start = models.PositiveIntegerField(null=True, blank=True)
    end = models.PositiveIntegerField(null=True, blank=True)
    left = models.PositiveIntegerField(null=True, blank=True)
    top = models.PositiveIntegerField(null=True, blank=True)
    right = models.PositiveIntegerField(null=True, blank=True)
    bottom = models.PositiveIntegerField(null=True, blank=True)
    category = models.CharField(max_length=12, choices=ReleaseCategory)
    exemption = models.CharField(max_length=60, blank=True)
    drawn = models.BooleanField(default=False)
    decision = models.CharField(max_length=8, choices=MarkDecision, default=MarkDecision.OPEN)
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("start", "end", "top", "left", "id")
        constraints = (
            one_of("category", ReleaseCategory.values, "release_mark_category_known"),
            one_of("decision", MarkDecision.values, "release_mark_decision_known"),
            models.CheckConstraint(
                condition=Q(
                    start__isnull=False, end__isnull=False, end__gt=F("start"), left__isnull=True
                )
                | Q(
                    start__isnull=True,
                    left__isnull=False,
                    top__isnull=False,
                    right__isnull=False,
                    bottom__isnull=False,
                    right__gt=F("left"),
                    bottom__gt=F("top"),
                ),
                name="release_mark_is_a_place",
            ),
            models.CheckConstraint(
                condition=~Q(decision=MarkDecision.ACCEPTED) | ~Q(exemption=""),
                name="release_mark_cites",
            ),
            models.CheckConstraint(
                condition=~Q(decision=MarkDecision.REJECTED) | ~Q(reason=""),
                name="release_mark_says_why",
            ),
        )

    def __str__(self) -> str:
        return f"{self.category} {self.decision}"


class ReleaseResult(models.Model):
    """The PDF, sealed, as it was made for the release's version."""

    release = models.OneToOneField(
        Release, on_delete=models.CASCADE, primary_key=True, related_name="result"
    )
    sealed_content = models.BinaryField(editable=False)

    def __str__(self) -> str:
        return f"PDF of {self.release_id}"
