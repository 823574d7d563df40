"""What was done for the child, when, and when was it written down?"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from cases.enums import AnswerStatus, ResponseKind
from cases.models.base import Record, Sealed, one_of

# What binds a sealed text to its column; an answer's is followed by its element.
NARRATIVE_FIELD = "response.narrative"
ANSWER_FIELD = "answer.text"


class Response(Record):
    """An entry in the response log; never edited. A correction is a new entry naming the old one.

    The narrative is kept twice: `sealed_narrative`, the original under the case's data key, and
    `narrative`, with the known names of the case's people replaced by their pseudonyms, which is
    what pages show and rules and search read. `narrative_length` counts the original's characters.
    """

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="responses")
    kind = models.CharField(max_length=40, choices=ResponseKind)
    occurred_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    officer = models.ForeignKey(
        "cases.Officer", on_delete=models.PROTECT, null=True, blank=True, related_name="responses"
    )
    narrative = models.TextField(blank=True)
    sealed_narrative = models.BinaryField(null=True, editable=False)
    narrative_length = models.PositiveIntegerField(default=0)
    has_answers = models.BooleanField(default=False)
    incomplete_reason = models.TextField(blank=True)
    suspect = models.ForeignKey(
        "cases.InvolvedPerson", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    contacted = models.TextField(blank=True)
    next_action = models.TextField(blank=True)
    next_action_owner = models.ForeignKey(
        "cases.Officer", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    next_action_due_on = models.DateField(null=True, blank=True)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    submission_key = models.UUIDField(null=True, unique=True, editable=False)
    source_digest = models.BinaryField(max_length=32, null=True, editable=False)

    # copy detection: bands of the redacted narrative, and what became known
    bands = ArrayField(models.BigIntegerField(), null=True, editable=False)
    copied_at = models.DateTimeField(null=True, blank=True)
    copied_similarity = models.FloatField(null=True, blank=True)
    copy_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="copies"
    )

    class Meta:
        ordering = ("entered_at", "id")
        constraints = (
            one_of("kind", ResponseKind.values, "response_kind_known"),
            models.UniqueConstraint(
                fields=("case", "source_digest"), name="response_imported_once"
            ),
        )
        indexes = (
            models.Index(fields=("case", "entered_at"), name="response_case_entered"),
            GinIndex(fields=("bands",), name="response_bands"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.entered_at:%Y-%m-%d}"


class ElementAnswer(models.Model):
    """What a report says about one required element. `text` is redacted; the original is sealed."""

    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="answers")
    element = models.CharField(max_length=60)
    status = models.CharField(max_length=20, choices=AnswerStatus)
    text = models.TextField(blank=True)
    sealed_text = models.BinaryField(null=True, editable=False)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("response", "element"), name="answer_once_per_element"),
            one_of("status", AnswerStatus.values, "answer_status_known"),
            models.CheckConstraint(condition=~Q(text=""), name="answer_says_something"),
        )

    def __str__(self) -> str:
        return f"{self.element}: {self.status}"


class Draft(Sealed):
    """A response being written, kept on the server and sealed: it names people as typed."""

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="drafts")
    account = models.ForeignKey("cases.Account", on_delete=models.CASCADE, related_name="drafts")
    kind = models.CharField(max_length=40, choices=ResponseKind)
    version = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField()
    submission_key = models.UUIDField(editable=False)

    class Meta:
        ordering = ("-saved_at",)
        constraints = (
            one_of("kind", ResponseKind.values, "draft_kind_known"),
            models.UniqueConstraint(
                fields=("case", "account"), name="draft_one_per_case_and_account"
            ),
        )

    def __str__(self) -> str:
        return f"draft {self.version}"
