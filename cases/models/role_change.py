"""How did a role come to allow what it allows, and which change waits for a second person?"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from cases.enums import Permission, RoleChangeState, Scope
from cases.models.base import Record, one_of


class RoleChange(Record):
    """One change of one role, from the version that was looked at. `reason` is kept masked."""

    role = models.ForeignKey("cases.Role", on_delete=models.CASCADE, related_name="changes")
    state = models.CharField(max_length=10, choices=RoleChangeState)
    base_version = models.PositiveIntegerField()
    scope_before = models.CharField(max_length=20, choices=Scope)
    scope_after = models.CharField(max_length=20, choices=Scope)
    permissions_before = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    permissions_after = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    needs_second = models.BooleanField()
    reason = models.TextField()
    proposed_by = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-proposed_at", "id")
        constraints = (
            one_of("state", RoleChangeState.values, "role_change_state_known"),
            one_of("scope_before", Scope.values, "role_change_scope_before_known"),
            one_of("scope_after", Scope.values, "role_change_scope_after_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="role_change_has_reason"),
            models.CheckConstraint(
                condition=~Q(state=RoleChangeState.APPLIED, needs_second=True)
                | Q(decided_by__isnull=False, proposed_by__isnull=False)
                & ~Q(decided_by=F("proposed_by")),
                name="role_change_takes_two_people",
            ),
            models.CheckConstraint(
                condition=Q(state=RoleChangeState.WAITING) | Q(decided_at__isnull=False),
                name="role_change_decided_dated",
            ),
            models.UniqueConstraint(
                fields=("role",),
                condition=Q(state=RoleChangeState.WAITING),
                name="role_change_waits_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.role_id} from version {self.base_version}"

    @property
    def before(self) -> frozenset[Permission]:
        return frozenset(Permission(name) for name in self.permissions_before)

    @property
    def after(self) -> frozenset[Permission]:
        return frozenset(Permission(name) for name in self.permissions_after)
