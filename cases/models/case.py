"""What is a case? One investigation, and the columns that its lists are ordered by."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from cases.enums import CaseState, Channel, Disposition, OffenseClass, Priority
from cases.models.base import Record, Sealed, one_of

OPEN = ~Q(state__in=[CaseState.CLOSED, CaseState.INACTIVE])


class Case(Sealed):
    """One investigation. Its data key seals the narratives; `sealed` itself stays empty here.

    The columns under "kept up to date" are derived from facts by every write that touches them;
    `reconcile` reports any that drifted. `wake_at`: when a fact comes into force without anybody
    writing, as an assignee who starts next week; the sweep looks at the case again then.
    """

    number = models.CharField(max_length=40, unique=True)
    happened_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    channel = models.CharField(max_length=20, choices=Channel)
    priority = models.CharField(max_length=1, choices=Priority, blank=True)
    offense_class = models.CharField(max_length=20, choices=OffenseClass)
    nibrs = models.CharField(max_length=10, blank=True)
    statute = models.CharField(max_length=40, blank=True)
    serious_injury = models.BooleanField(default=False)
    child_witness = models.BooleanField(default=False)
    division = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=20, choices=CaseState, default=CaseState.RECEIVED)
    disposition = models.CharField(max_length=30, choices=Disposition, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    detective = models.ForeignKey(
        "cases.Officer", on_delete=models.PROTECT, null=True, blank=True, related_name="cases"
    )
    supervisor = models.ForeignKey(
        "cases.Officer", on_delete=models.PROTECT, null=True, blank=True, related_name="supervised"
    )
    squad = models.ForeignKey(
        "cases.Squad", on_delete=models.PROTECT, null=True, blank=True, related_name="cases"
    )
    import_run = models.ForeignKey(
        "cases.ImportRun", on_delete=models.PROTECT, null=True, blank=True, related_name="cases"
    )
    carries = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    submission_key = models.UUIDField(null=True, unique=True, editable=False)
    source_digest = models.BinaryField(max_length=32, null=True, editable=False)

    # kept up to date
    last_entry_at = models.DateTimeField()
    next_clock = models.CharField(max_length=40, blank=True)
    next_starts_at = models.DateTimeField(null=True, blank=True)
    next_due_at = models.DateTimeField(null=True, blank=True)
    settled = models.PositiveSmallIntegerField(null=True, blank=True)
    required = models.PositiveSmallIntegerField(null=True, blank=True)
    missing = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    reported = models.BooleanField(default=False)
    child_seen = models.BooleanField(default=False)
    wake_at = models.DateTimeField(null=True, blank=True)

    # kept up to date by a trigger on the flags, never written from Python
    concerns = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    flag_severity = models.PositiveSmallIntegerField(default=0)
    flags_waived = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("-last_entry_at", "-id")
        permissions = (("work_case", "Can work this case"),)
        constraints = (
            one_of("channel", Channel.values, "case_channel_known"),
            one_of("offense_class", OffenseClass.values, "case_offense_class_known"),
            one_of("state", CaseState.values, "case_state_known"),
            one_of("priority", Priority.values, "case_priority_known"),
            one_of("disposition", [*Disposition.values, ""], "case_disposition_known"),
            models.CheckConstraint(
                condition=OPEN | ~Q(disposition=""), name="case_ended_has_disposition"
            ),
            models.CheckConstraint(
                condition=~OPEN | Q(disposition="", closed_at__isnull=True),
                name="case_open_has_no_disposition",
            ),
            models.CheckConstraint(
                condition=Q(settled__isnull=True) | Q(settled__lte=F("required")),
                name="case_settled_within_required",
            ),
        )
        indexes = (
            models.Index(F("last_entry_at").desc(), F("id").desc(), name="case_entry"),
            models.Index(
                F("squad"), F("last_entry_at").desc(), F("id").desc(), name="case_squad_entry"
            ),
            models.Index(
                F("detective"),
                F("last_entry_at").desc(),
                F("id").desc(),
                name="case_detective_entry",
            ),
            models.Index(
                F("supervisor"),
                F("last_entry_at").desc(),
                F("id").desc(),
                name="case_supervisor_entry",
            ),
            models.Index(
                fields=("squad", "next_due_at"), name="case_open_squad_due", condition=OPEN
            ),
            models.Index(
                fields=("detective", "next_due_at"), name="case_open_detective_due", condition=OPEN
            ),
            models.Index(fields=("next_due_at",), name="case_open_due", condition=OPEN),
            models.Index(fields=("squad",), name="case_concerns", condition=~Q(concerns=[])),
            models.Index(
                fields=("supervisor",), name="case_concerns_led", condition=~Q(concerns=[])
            ),
            models.Index(
                fields=("wake_at",), name="case_wakes", condition=Q(wake_at__isnull=False)
            ),
            GinIndex(fields=("number",), name="case_number_part", opclasses=("gin_trgm_ops",)),
        )

    def __str__(self) -> str:
        return self.number


class CaseStateChange(Record):
    """A step in a case's life. Statuses change only with one of these beside them."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="state_changes")
    state = models.CharField(max_length=20, choices=CaseState)
    disposition = models.CharField(max_length=30, choices=Disposition, blank=True)
    occurred_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    officer = models.ForeignKey(
        "cases.Officer", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    signed_by = models.ForeignKey(
        "cases.Officer", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(blank=True)
    imported = models.BooleanField(default=False)
    source_digest = models.BinaryField(max_length=32, null=True, editable=False)

    class Meta:
        ordering = ("entered_at", "id")
        constraints = (
            one_of("state", CaseState.values, "state_change_state_known"),
            one_of("disposition", [*Disposition.values, ""], "state_change_disposition_known"),
            models.UniqueConstraint(
                fields=("case", "source_digest"), name="state_change_imported_once"
            ),
            models.CheckConstraint(
                condition=Q(signed_by__isnull=True)
                | Q(officer__isnull=True)
                | ~Q(signed_by=F("officer")),
                name="closure_signed_by_another",
            ),
        )

    def __str__(self) -> str:
        return f"{self.case_id}: {self.state}"


class OffenseCode(models.Model):
    """NIBRS codes and statutes, versioned: what a code meant on the day it was used."""

    scheme = models.CharField(max_length=10, choices=[("nibrs", "NIBRS"), ("statute", "Statute")])
    code = models.CharField(max_length=40)
    label = models.CharField(max_length=200)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("scheme", "code", "valid_from")
        constraints = (
            models.UniqueConstraint(
                fields=("scheme", "code", "valid_from"), name="offense_code_version_once"
            ),
            one_of("scheme", ["nibrs", "statute"], "offense_code_scheme_known"),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.label}"
