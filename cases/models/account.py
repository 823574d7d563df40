"""Who can sign in, and what does their role allow?"""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models

from cases.enums import Discipline, Permission, Scope
from cases.models.base import Record, one_of


class Role(Record):
    """A named set of permissions with a reach over cases."""

    code = models.SlugField(max_length=40, unique=True)
    label = models.CharField(max_length=80)
    scope = models.CharField(max_length=20, choices=Scope, default=Scope.NONE)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("label",)
        constraints = (one_of("scope", Scope.values, "role_scope_known"),)

    def __str__(self) -> str:
        return self.label


class RolePermission(models.Model):
    """One ticked cell of the role matrix."""

    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="permissions")
    permission = models.CharField(max_length=40, choices=Permission)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("role", "permission"), name="role_permission_once"),
            one_of("permission", Permission.values, "role_permission_known"),
        )

    def __str__(self) -> str:
        return f"{self.role_id}: {self.permission}"


class AccountManager(BaseUserManager["Account"]):
    def create_user(
        self, username: str, password: str | None = None, **fields: object
    ) -> "Account":
        account = self.model(username=self.model.normalize_username(username), **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(username=username)


class Account(AbstractBaseUser, PermissionsMixin, Record):
    """A login: an officer's, a partner's or an administrator's. No rule asks `is_superuser`.

    `closed_at`: since when nobody can sign in, as long as that is so.
    """

    username = models.CharField(max_length=80, unique=True)
    display_name = models.CharField(max_length=120)
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="accounts")
    officer = models.OneToOneField(
        "cases.Officer", on_delete=models.PROTECT, null=True, blank=True, related_name="account"
    )
    organization = models.CharField(max_length=120, blank=True)
    discipline = models.CharField(max_length=30, choices=Discipline, blank=True)
    is_active = models.BooleanField(default=True)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField()

    objects = AccountManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ("username",)
        constraints = (one_of("discipline", [*Discipline.values, ""], "account_discipline_known"),)

    def __str__(self) -> str:
        return self.username
