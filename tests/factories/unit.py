"""Who works in a test's unit? Roles, squads, officers and accounts; all of them invented."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import factory
from factory.django import DjangoModelFactory

from cases.enums import (
    Discipline,
    HandOverKind,
    Permission,
    Rank,
    RoleChangeState,
    RoleCode,
    Scope,
    ServiceScope,
)
from cases.models import (
    Account,
    HandOver,
    Officer,
    Policy,
    ProviderLink,
    Role,
    RoleChange,
    RolePermission,
    SavedFilter,
    ServiceKey,
    Squad,
)
from tests.factories.base import DAY, NOW, PASSWORD


class RoleFactory(DjangoModelFactory[Role]):
    """A seeded role by its code, or with another code a new one."""

    class Meta:
        model = Role
        django_get_or_create = ("code",)

    code: Any = RoleCode.DETECTIVE
    label: Any = factory.LazyAttribute(lambda role: str(role.code).capitalize())
    scope: Any = Scope.OWN


class RolePermissionFactory(DjangoModelFactory[RolePermission]):
    class Meta:
        model = RolePermission
        django_get_or_create = ("role", "permission")

    role: Any = factory.SubFactory(RoleFactory)
    permission: Any = Permission.VIEW_CASES


class RoleChangeFactory(DjangoModelFactory[RoleChange]):
    """Sergeants are to see all cases; it waits for a second person."""

    class Meta:
        model = RoleChange

    role: Any = factory.SubFactory(RoleFactory, code=RoleCode.SERGEANT)
    state: Any = RoleChangeState.WAITING
    base_version: Any = 1
    scope_before: Any = Scope.SQUAD
    scope_after: Any = Scope.ALL
    permissions_before: Any = factory.LazyFunction(lambda: [Permission.VIEW_CASES.value])
    permissions_after: Any = factory.LazyFunction(lambda: [Permission.VIEW_CASES.value])
    needs_second: Any = True
    reason: Any = "Invented for a test."
    proposed_at: Any = NOW


class SquadFactory(DjangoModelFactory[Squad]):
    """A squad without a sergeant; `led=True` gives it one of its own."""

    class Meta:
        model = Squad
        skip_postgeneration_save = True

    name: Any = factory.Sequence(lambda n: f"Test squad {n}")

    @factory.post_generation
    def led(self: Squad, create: bool, extracted: bool | None, **kwargs: Any) -> None:
        if extracted:
            self.sergeant = OfficerFactory.create(rank=Rank.SERGEANT, squad=self, **kwargs)
            self.save(update_fields=["sergeant"])


class OfficerFactory(DjangoModelFactory[Officer]):
    """A detective on duty since long before `NOW`. `departed` is gone since the day before it."""

    class Meta:
        model = Officer

    badge: Any = factory.Sequence(lambda n: f"T{n:04d}")
    name: Any = factory.Sequence(lambda n: f"Invented Officer {n}")
    rank: Any = Rank.DETECTIVE
    squad: Any = None
    active_from: Any = date(2020, 1, 6)
    active_to: Any = None

    class Params:
        departed = factory.Trait(active_to=(NOW - DAY).date())
        sergeant = factory.Trait(rank=Rank.SERGEANT)
        captain = factory.Trait(rank=Rank.CAPTAIN)


class HandOverFactory(DjangoModelFactory[HandOver]):
    """An officer leaves today; what they have waits to be handed over within three days."""

    class Meta:
        model = HandOver

    officer: Any = factory.SubFactory(OfficerFactory)
    kind: Any = HandOverKind.LEAVES
    effective_on: Any = NOW.date()
    asked_at: Any = NOW
    due_at: Any = NOW + 3 * DAY


RANK_OF_ROLE: Mapping[str, str] = {
    RoleCode.DETECTIVE: Rank.DETECTIVE,
    RoleCode.SERGEANT: Rank.SERGEANT,
    RoleCode.CAPTAIN: Rank.CAPTAIN,
}


class AccountFactory(DjangoModelFactory[Account]):
    """An account by role: `AccountFactory(role="sergeant", officer__squad=squad)`.

    Sworn roles come with an officer of their rank, others without; a sergeant leads the squad that
    `officer__squad` names. `role` takes a code or a Role. The password is `PASSWORD`.
    """

    class Meta:
        model = Account
        skip_postgeneration_save = True

    username: Any = factory.Sequence(lambda n: f"account-{n}")
    display_name: Any = factory.Sequence(lambda n: f"Invented Account {n}")
    role: Any = RoleCode.DETECTIVE
    officer: Any = factory.Maybe(
        "sworn",
        yes_declaration=factory.SubFactory(
            OfficerFactory,
            rank=factory.LazyAttribute(lambda o: RANK_OF_ROLE[_code(o.factory_parent.role)]),
        ),
        no_declaration=None,
    )
    created_at: Any = NOW - 300 * DAY

    class Params:
        sworn = factory.LazyAttribute(lambda account: _code(account.role) in RANK_OF_ROLE)
        partner = factory.Trait(
            role=RoleCode.PARTNER,
            organization="Invented Partner Agency",
            discipline=Discipline.ADVOCACY_CENTER,
        )

    @classmethod
    def _create(cls, model_class: type[Account], *args: Any, **kwargs: Any) -> Account:
        role = kwargs.pop("role")
        password = kwargs.pop("password", PASSWORD)
        kwargs["role"] = role if isinstance(role, Role) else RoleFactory.create(code=_code(role))
        account = Account.objects.create_user(password=password, **kwargs)
        _lead_own_squad(account)
        return account


def _code(role: object) -> str:
    return role.code if isinstance(role, Role) else str(role)


def _lead_own_squad(account: Account) -> None:
    officer = account.officer
    if officer is None or officer.rank != Rank.SERGEANT or officer.squad is None:
        return
    if officer.squad.sergeant is None:
        officer.squad.sergeant = officer
        officer.squad.save(update_fields=["sergeant"])


class SavedFilterFactory(DjangoModelFactory[SavedFilter]):
    class Meta:
        model = SavedFilter

    account: Any = factory.SubFactory(AccountFactory)
    name: Any = factory.Sequence(lambda n: f"Filter {n}")
    screen: Any = "case-list"
    query: Any = "state=active"
    created_at: Any = NOW - DAY


class PolicyFactory(DjangoModelFactory[Policy]):
    """The next version of the rules in force; `body` keys given replace the default policy's."""

    class Meta:
        model = Policy

    version: Any = factory.LazyFunction(lambda: Policy.objects.count() + 1)
    body: Any = factory.LazyFunction(lambda: Policy.objects.latest("version").body)
    reason: Any = "Changed for a test."
    created_at: Any = NOW - DAY


class ServiceKeyFactory(DjangoModelFactory[ServiceKey]):
    """A machine's key that nobody holds: its secret was never made."""

    class Meta:
        model = ServiceKey

    name: Any = "monitoring"
    prefix: Any = factory.Sequence(lambda n: f"key{n:09d}")
    secret_digest: Any = bytes(32)
    scope: Any = ServiceScope.SWEEP_HEALTH
    created_at: Any = NOW - DAY
    created_by: Any = factory.SubFactory(AccountFactory, role=RoleCode.ADMINISTRATOR)
    expires_at: Any = NOW + 30 * DAY


class ProviderLinkFactory(DjangoModelFactory[ProviderLink]):
    class Meta:
        model = ProviderLink

    account: Any = factory.SubFactory(AccountFactory)
    kind: Any = "openid"
    subject_digest: Any = factory.Sequence(lambda n: n.to_bytes(32, "big"))
    linked_at: Any = NOW - DAY
