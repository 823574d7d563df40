"""Who was given access to one case, why and until when, and who is shut out of it?

The grant models are django-guardian's direct-foreign-key permission models, which the database
cascades and indexes; only `cases.access` reads them.
"""

from django.db import models
from django.db.models import F, Q
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from cases.enums import Discipline
from cases.models.base import Record, one_of


class GrantPurpose(models.TextChoices):
    """What access to a single case is given for."""

    JOINT_WORK = "joint_work", "Working the case together"
    COVER = "cover", "Covering for somebody"
    INTERVIEW = "interview", "Forensic interview"
    MEDICAL = "medical", "Medical exam or treatment"
    PROSECUTION = "prosecution", "Charge, warrant or trial"
    CHILD_PROTECTION = "child_protection", "Protecting the child"
    THERAPY = "therapy", "Therapy or support of the family"
    RELEASE = "release", "Preparing a release"
    REVIEW = "review", "Review of the work"
    INTAKE = "intake", "Took the report"
    EMERGENCY = "emergency", "Emergency"


# What a grant lets somebody do: see one case, or work on it too.
GRANTABLE = ("view_case", "work_case")
# Given by the software itself, never chosen from a list.
UNCHOSEN_PURPOSES = frozenset({GrantPurpose.INTAKE, GrantPurpose.EMERGENCY})


class CaseUserObjectPermission(UserObjectPermissionBase):
    """A Grant: explicit access to one case, for a purpose, with a reason and an end.

    `discipline` is what a partner was when it was given: as something else they have it no longer.
    """

    content_object = models.ForeignKey(
        "cases.Case", on_delete=models.CASCADE, related_name="grants"
    )
    purpose = models.CharField(max_length=30, choices=GrantPurpose, blank=True)
    discipline = models.CharField(max_length=30, choices=Discipline, blank=True)
    reason = models.TextField()
    granted_by = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(UserObjectPermissionBase.Meta):
        constraints = (
            models.CheckConstraint(condition=Q(expires_at__gt=F("granted_at")), name="grant_ends"),
            models.CheckConstraint(condition=~Q(reason=""), name="grant_has_reason"),
            one_of("purpose", [*GrantPurpose.values, ""], "grant_purpose_known"),
            one_of("discipline", [*Discipline.values, ""], "grant_discipline_known"),
        )
        indexes = (models.Index(fields=("user", "content_object"), name="grant_user_case"),)


class CaseGroupObjectPermission(GroupObjectPermissionBase):
    """guardian asks for it; no code writes it, and access is never given to a group."""

    content_object = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="+")


class SquadGrant(Record):
    """The same for a whole squad: whoever is in it at the moment of asking, until its end."""

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="squad_grants")
    squad = models.ForeignKey("cases.Squad", on_delete=models.CASCADE, related_name="grants")
    may = models.CharField(max_length=20, choices=[(name, name) for name in GRANTABLE])
    purpose = models.CharField(max_length=30, choices=GrantPurpose)
    reason = models.TextField()
    granted_by = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            one_of("may", list(GRANTABLE), "squad_grant_may_known"),
            one_of("purpose", GrantPurpose.values, "squad_grant_purpose_known"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("granted_at")), name="squad_grant_ends"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="squad_grant_has_reason"),
            models.UniqueConstraint(
                fields=("case", "squad"),
                condition=Q(ended_at__isnull=True),
                name="squad_grant_stands_once",
            ),
        )
        indexes = (
            models.Index(
                fields=("squad", "case"),
                name="squad_grant_squad",
                condition=Q(ended_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.squad_id} ∋ {self.case_id}"


class Wall(Record):
    """An exclusion from one case that beats every role and grant."""

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="walls")
    account = models.ForeignKey("cases.Account", on_delete=models.CASCADE, related_name="walls")
    reason = models.TextField()
    set_by = models.ForeignKey("cases.Account", on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("case", "account"),
                condition=Q(lifted_at__isnull=True),
                name="wall_stands_once",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="wall_has_reason"),
        )
        indexes = (
            models.Index(
                fields=("account", "case"), name="wall_account", condition=Q(lifted_at__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"{self.account_id} ⊘ {self.case_id}"
