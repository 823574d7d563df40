"""What cases does a test stand on, and who are they about? Sealed as the product seals them."""

from datetime import date
from typing import Any, ClassVar

import factory
from django.contrib.auth.models import Permission as ModelPermission
from factory.django import DjangoModelFactory

from cases.enums import (
    AgeBand,
    CaseState,
    Channel,
    ClockKind,
    Disposition,
    LinkKind,
    OffenseClass,
    PersonRole,
    Sex,
)
from cases.models import (
    Assignment,
    BlindToken,
    Case,
    CaseLink,
    CaseStateChange,
    Evidence,
    InvolvedPerson,
    OffenseCode,
    Referral,
    Victim,
    Wall,
)
from cases.models.base import Sealed
from cases.models.grant import CaseUserObjectPermission
from cases.models.sealing import blind, new_case_key, new_pseudonym, seal_identity_on
from cases.rules.facts import CARRIES
from cases.services.tokens import tokens_of
from tests.factories.base import DAY, HOUR, NOW
from tests.factories.unit import AccountFactory, OfficerFactory


class CaseFactory(DjangoModelFactory[Case]):
    """A case received three days before `NOW`, keyed, in nobody's hands.

    Traits: `open_and_held` has a detective; `overdue` has one clock a day past due and not flagged;
    `closed` is cleared by arrest; `imported` carries what a caseload bundle carries and comes from
    an import run. A squad's sergeant
    supervises it: `squad=SquadFactory.create(led=True)`.
    """

    class Meta:
        model = Case
        skip_postgeneration_save = True

    number: Any = factory.Sequence(lambda n: f"T26-{n:06d}")
    received_at: Any = NOW - 3 * DAY
    entered_at: Any = factory.SelfAttribute("received_at")
    channel: Any = Channel.SCENE
    offense_class: Any = OffenseClass.ABUSE
    division: Any = "Test division"
    state: Any = CaseState.RECEIVED
    squad: Any = None
    supervisor: Any = factory.LazyAttribute(lambda case: case.squad and case.squad.sergeant)
    carries: Any = factory.LazyFunction(lambda: sorted(CARRIES))
    last_entry_at: Any = factory.SelfAttribute("received_at")

    class Params:
        open_and_held = factory.Trait(
            state=CaseState.ACTIVE, detective=factory.SubFactory(OfficerFactory)
        )
        overdue = factory.Trait(
            late_clock=factory.RelatedFactory(
                "tests.factories.ClockFactory", factory_related_name="case", overdue=True
            ),
            next_clock=ClockKind.NEXT_SUPPLEMENT,
            next_due_at=NOW - DAY,
        )
        closed = factory.Trait(
            state=CaseState.CLOSED,
            disposition=Disposition.CLEARED_ARREST,
            closed_at=NOW - DAY,
            detective=factory.SubFactory(OfficerFactory),
        )
        imported = factory.Trait(
            import_run=factory.SubFactory("tests.factories.ImportRunFactory"),
            carries=["responses", "reviews", "referrals", "suspects"],
        )

    @classmethod
    def _create(cls, model_class: type[Case], *args: Any, **kwargs: Any) -> Case:
        case = model_class(**kwargs)
        new_case_key(case)
        case.save(force_insert=True)
        return case


class CaseStateChangeFactory(DjangoModelFactory[CaseStateChange]):
    class Meta:
        model = CaseStateChange

    case: Any = factory.SubFactory(CaseFactory)
    state: Any = CaseState.RECEIVED
    occurred_at: Any = factory.SelfAttribute("case.received_at")
    entered_at: Any = factory.SelfAttribute("occurred_at")


class OffenseCodeFactory(DjangoModelFactory[OffenseCode]):
    class Meta:
        model = OffenseCode

    scheme: Any = "nibrs"
    code: Any = factory.Sequence(lambda n: f"T{n}")
    label: Any = "Invented offense"
    valid_from: Any = date(2020, 1, 1)


class _SealedFactory(DjangoModelFactory[Any]):
    """Seals `identity` on the record under a key of its own, and leaves its blind tokens."""

    class Meta:
        abstract = True

    _owner: ClassVar[str] = ""

    @classmethod
    def _create(cls, model_class: type[Sealed], *args: Any, **kwargs: Any) -> Any:
        identity = kwargs.pop("identity")
        record = model_class(**kwargs)
        seal_identity_on(record, identity)
        record.save(force_insert=True)
        BlindToken.objects.bulk_create(tokens_of(dict(identity), **{cls._owner: record.pk}))
        return record


class VictimFactory(_SealedFactory):
    """An alleged victim with an invented, sealed identity; pass `identity={…}` for another."""

    class Meta:
        model = Victim

    _owner: ClassVar[str] = "victim_id"

    case: Any = factory.SubFactory(CaseFactory)
    pseudonym: Any = factory.LazyFunction(lambda: new_pseudonym("V"))
    age_band: Any = AgeBand.FROM_6
    sex: Any = Sex.FEMALE
    entered_at: Any = factory.SelfAttribute("case.entered_at")
    identity: Any = factory.Sequence(
        lambda n: {
            "first_name": f"Zelphira{_letters(n)}",
            "last_name": f"Quonsett{_letters(n)}",
            "birth_date": "2018-02-28",
        }
    )


class InvolvedPersonFactory(_SealedFactory):
    """A named suspect; `caregiver`, `reporter`, `witness` and `unidentified` are traits."""

    class Meta:
        model = InvolvedPerson

    _owner: ClassVar[str] = "person_id"

    case: Any = factory.SubFactory(CaseFactory)
    role: Any = PersonRole.SUSPECT
    pseudonym: Any = factory.LazyFunction(lambda: new_pseudonym("P"))
    named: Any = factory.LazyAttribute(lambda person: bool(person.identity))
    entered_at: Any = factory.SelfAttribute("case.entered_at")
    identity: Any = factory.Sequence(
        lambda n: {
            "first_name": f"Ombert{_letters(n)}",
            "last_name": f"Vantrell{_letters(n)}",
            "phone": "816-555-0100",
        }
    )

    class Params:
        unidentified = factory.Trait(identity={}, description="An unknown adult.")
        caregiver = factory.Trait(role=PersonRole.CAREGIVER, relation="parent")
        reporter = factory.Trait(role=PersonRole.REPORTER)
        witness = factory.Trait(role=PersonRole.WITNESS)


def _letters(number: int) -> str:
    """A suffix of letters only, so that invented names stay names: 0 → a, 27 → bb."""
    letters = ""
    while True:
        letters = chr(ord("a") + number % 26) + letters
        number = number // 26 - 1
        if number < 0:
            return letters


class BlindTokenFactory(DjangoModelFactory[BlindToken]):
    class Meta:
        model = BlindToken

    victim: Any = factory.SubFactory(VictimFactory)
    kind: Any = "name"
    digest: Any = factory.Sequence(lambda n: blind("name", f"invented {n}"))


class CaseLinkFactory(DjangoModelFactory[CaseLink]):
    """A suggestion that two cases are about the same child; `first` has the lower id."""

    class Meta:
        model = CaseLink

    class Params:
        between = factory.LazyFunction(
            lambda: sorted([CaseFactory.create(), CaseFactory.create()], key=lambda one: one.pk)
        )

    first: Any = factory.LazyAttribute(lambda link: link.between[0])
    second: Any = factory.LazyAttribute(lambda link: link.between[1])
    kind: Any = LinkKind.VICTIM
    sure: Any = "likely"
    suggested_at: Any = NOW


class ReferralFactory(DjangoModelFactory[Referral]):
    """A hospital's referral, not yet answered; `acknowledged` was, an hour later."""

    class Meta:
        model = Referral

    case: Any = None
    reference: Any = factory.Sequence(lambda n: f"R{n:08d}")
    channel: Any = Channel.HOSPITAL
    organization: Any = "Invented General Hospital"
    received_at: Any = NOW - 2 * DAY
    entered_at: Any = factory.SelfAttribute("received_at")

    class Params:
        acknowledged = factory.Trait(
            acknowledged_at=factory.LazyAttribute(lambda referral: referral.received_at + HOUR),
            acknowledged_how="by telephone",
        )


class AssignmentFactory(DjangoModelFactory[Assignment]):
    """An officer who has the case since it came in, and said so; `reassignment` has not yet.

    It writes the row only: set the case's `detective` too, or use `assign_case`.
    """

    class Meta:
        model = Assignment

    case: Any = factory.SubFactory(CaseFactory)
    officer: Any = factory.SubFactory(OfficerFactory)
    assigned_at: Any = factory.SelfAttribute("case.received_at")
    entered_at: Any = factory.SelfAttribute("assigned_at")
    acknowledged_at: Any = factory.SelfAttribute("assigned_at")

    class Params:
        unacknowledged = factory.Trait(reassignment=True, acknowledged_at=None)


class EvidenceFactory(DjangoModelFactory[Evidence]):
    class Meta:
        model = Evidence

    case: Any = factory.SubFactory(CaseFactory)
    item: Any = factory.Sequence(lambda n: f"E-{n}")
    description: Any = "Clothing in a paper bag"
    entered_at: Any = NOW - 2 * DAY

    class Params:
        dispositioned = factory.Trait(
            disposition="Returned to the owner", dispositioned_at=NOW - DAY
        )


class GrantFactory(DjangoModelFactory[CaseUserObjectPermission]):
    """A live grant to see a case; `works=True` to work it too. `expired` ended a second ago."""

    class Meta:
        model = CaseUserObjectPermission

    user: Any = factory.SubFactory(AccountFactory)
    content_object: Any = factory.SubFactory(CaseFactory)
    permission: Any = factory.LazyAttribute(
        lambda grant: ModelPermission.objects.get(
            codename="work_case" if grant.works else "view_case",
            content_type__app_label="cases",
        )
    )
    discipline: Any = factory.LazyAttribute(lambda grant: grant.user.discipline)
    reason: Any = "Asked to help."
    granted_at: Any = NOW - 2 * DAY
    expires_at: Any = NOW + 7 * DAY

    class Params:
        works = False
        expired = factory.Trait(expires_at=NOW)


class WallFactory(DjangoModelFactory[Wall]):
    class Meta:
        model = Wall

    case: Any = factory.SubFactory(CaseFactory)
    account: Any = factory.SubFactory(AccountFactory)
    reason: Any = "Related to a person in the case."
    set_by: Any = factory.SubFactory(AccountFactory, role="captain")
    set_at: Any = NOW - DAY
