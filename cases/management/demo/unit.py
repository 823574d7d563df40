"""Who works in the demonstration's unit? Two squads, a captain, and one sign-in for each role."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.timezone import localdate

from audit.context import acting_as_system
from audit.events import Event
from audit.recorder import record
from cases.access import Viewer, system_viewer, viewer_for
from cases.enums import Discipline, Rank, RoleCode
from cases.management.demo.dice import Dice
from cases.management.demo.names import Names
from cases.models import Account, Officer, Role, Squad
from cases.services.accounts import create_account

SQUADS = {"a": "Squad A", "b": "Squad B"}
DETECTIVES = {"a": ("a1", "a2", "a3", "a4", "a5"), "b": ("b1", "b2", "b3", "b4", "b5", "b6")}
# Stories name people by these keys.
SIGN_INS: Mapping[str, str] = {
    "a1": RoleCode.DETECTIVE,
    "sergeant_a": RoleCode.SERGEANT,
    "captain": RoleCode.CAPTAIN,
    "records": RoleCode.RECORDS,
    "partner": RoleCode.PARTNER,
    "administrator": RoleCode.ADMINISTRATOR,
    "auditor": RoleCode.AUDITOR,
}
OVERLOADED = "b2"
DEPARTED = "b5"
FIRST_BADGE = 4100


@dataclass
class Unit:
    """Officers, accounts and viewers by the stories' keys."""

    squads: dict[str, Squad] = field(default_factory=dict)
    officers: dict[str, Officer] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    viewers: dict[str, Viewer] = field(default_factory=dict)

    def sergeant_of(self, key: str) -> str:
        """The key of the sergeant over a detective."""
        return f"sergeant_{key[0]}"

    def look_again(self) -> None:
        """Make the viewers afresh after squads or roles changed."""
        self.viewers = {key: viewer_for(account) for key, account in self.accounts.items()}


@transaction.atomic
def set_up_unit(dice: Dice, names: Names, now: datetime, passwords: Mapping[str, str]) -> Unit:
    """The unit as it began at `now`, without a case. `passwords` by role, for the sign-ins."""
    unit = Unit()
    with acting_as_system("demo"):
        for letter, name in SQUADS.items():
            unit.squads[letter] = Squad.objects.create(name=name)
            record(Event.SQUAD_CREATED, at=now, subject_type="squad",
                   subject_id=unit.squads[letter].pk)  # fmt: skip
        _hire(unit, names, now)
        _open_accounts(unit, names, now, passwords)
    unit.look_again()
    return unit


def _hire(unit: Unit, names: Names, now: datetime) -> None:
    unit.officers["captain"] = _officer(unit, names, Rank.CAPTAIN, None, now)
    for letter, squad in unit.squads.items():
        sergeant = _officer(unit, names, Rank.SERGEANT, squad, now)
        unit.officers[f"sergeant_{letter}"] = sergeant
        squad.sergeant = sergeant
        squad.save(update_fields=["sergeant"])
        for key in DETECTIVES[letter]:
            unit.officers[key] = _officer(unit, names, Rank.DETECTIVE, squad, now)


def _officer(unit: Unit, names: Names, rank: Rank, squad: Squad | None, now: datetime) -> Officer:
    officer = Officer.objects.create(
        badge=str(FIRST_BADGE + len(unit.officers)),
        name=names.officer(),
        rank=rank,
        squad=squad,
        active_from=localdate(now) - timedelta(days=365),
    )
    record(Event.OFFICER_CREATED, at=now, subject_type="officer", subject_id=officer.pk)
    return officer


def _open_accounts(unit: Unit, names: Names, now: datetime, passwords: Mapping[str, str]) -> None:
    for key, officer in unit.officers.items():
        if key in SIGN_INS:
            _sign_in(unit, key, now, passwords, display_name=officer.name, officer_id=officer.pk)
        else:
            unit.accounts[key] = _account_nobody_can_open(officer, now)
    _sign_in(unit, "records", now, passwords, display_name=names.officer())
    _sign_in(unit, "administrator", now, passwords, display_name=names.officer())
    _sign_in(unit, "auditor", now, passwords, display_name=names.officer())
    _sign_in(
        unit, "partner", now, passwords, display_name=names.officer(),
        organization="Invented Advocacy Center", discipline=Discipline.ADVOCACY_CENTER,
    )  # fmt: skip


def _sign_in(
    unit: Unit, key: str, now: datetime, passwords: Mapping[str, str], **fields: object
) -> None:
    role = SIGN_INS[key]
    unit.accounts[key] = create_account(
        viewer=system_viewer("demo"),
        now=now,
        username=role,
        role_code=role,
        password=passwords[role],
        **fields,  # type: ignore[arg-type]
    )


def _account_nobody_can_open(officer: Officer, now: datetime) -> Account:
    """A colleague's account: it acts in the stories, and no password opens it."""
    account = Account(
        username=f"badge-{officer.badge}",
        display_name=officer.name,
        role=Role.objects.get(code=officer.rank),
        officer=officer,
        created_at=now,
    )
    account.set_unusable_password()
    account.save(force_insert=True)
    record(Event.ACCOUNT_CREATED, at=now, subject_type="account", subject_id=account.pk,
           details={"role": account.role.code})  # fmt: skip
    return account
