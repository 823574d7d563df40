"""Who was given access to one case, why and until when, and who is shut out of it?

The grant models are django-guardian's direct-foreign-key permission models, which the database
cascades and indexes; only `cases.access` reads them.
"""

from django.db import models
from django.db.models import F, Q
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from cases.models.base import Record


class CaseUserObjectPermission(UserObjectPermissionBase):
    """A Grant: explicit access to one case, with a reason and an end."""

    content_object = models.ForeignKey(
        "cases.Case", on_delete=models.CASCADE, related_name="grants"
    )
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
        )
        indexes = (models.Index(fields=("user", "content_object"), name="grant_user_case"),)


class CaseGroupObjectPermission(GroupObjectPermissionBase):
    """guardian asks for it; no code writes it, and access is never given to a group."""

    content_object = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="+")


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
