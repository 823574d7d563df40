"""Does the database itself refuse every row that must not be, by the name of the broken rule?

Each row here is first made sound by its factory, then broken by one plain UPDATE or a second
INSERT, so that no form, service or `save` stands in between.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from factory.django import DjangoModelFactory

from cases.enums import CaseState, Disposition, ExpungeState, FlagStatus, LinkState
from cases.models import RequestState
from tests.factories import (
    DAY,
    NOW,
    AccessRequestFactory,
    AccountFactory,
    AssignmentFactory,
    BlindTokenFactory,
    BrokenGlassFactory,
    CaseFactory,
    CaseLinkFactory,
    CaseStateChangeFactory,
    ClockFactory,
    ClockHoldFactory,
    DraftFactory,
    ElementAnswerFactory,
    EvidenceFactory,
    ExpungeFactory,
    FlagFactory,
    GrantFactory,
    ImportChunkFactory,
    ImportRunFactory,
    InvolvedPersonFactory,
    OffenseCodeFactory,
    OfficerFactory,
    PolicyFactory,
    ProviderLinkFactory,
    ReferralFactory,
    ResponseFactory,
    RevealFactory,
    ReviewFactory,
    RoleFactory,
    RolePermissionFactory,
    SavedFilterFactory,
    ServiceKeyFactory,
    SquadGrantFactory,
    SweepRunFactory,
    VictimFactory,
    WallFactory,
)

pytestmark = pytest.mark.django_db

Factory = type[DjangoModelFactory[Any]]
Fields = Mapping[str, Any]

TICK = timedelta(microseconds=1)
DIGEST = bytes(32)
OFF_THE_LIST = "!"

VOCABULARIES: list[tuple[str, Factory, str]] = [
    ("account_discipline_known", AccountFactory, "discipline"),
    ("answer_status_known", ElementAnswerFactory, "status"),
    ("case_channel_known", CaseFactory, "channel"),
    ("case_disposition_known", CaseFactory, "disposition"),
    ("case_offense_class_known", CaseFactory, "offense_class"),
    ("case_priority_known", CaseFactory, "priority"),
    ("case_state_known", CaseFactory, "state"),
    ("clock_kind_known", ClockFactory, "kind"),
    ("draft_kind_known", DraftFactory, "kind"),
    ("expunge_state_known", ExpungeFactory, "state"),
    ("flag_kind_known", FlagFactory, "kind"),
    ("flag_status_known", FlagFactory, "status"),
    ("flag_step_known", FlagFactory, "step"),
    ("hold_clock_kind_known", ClockHoldFactory, "clock_kind"),
    ("grant_discipline_known", GrantFactory, "discipline"),
    ("grant_purpose_known", GrantFactory, "purpose"),
    ("import_source_known", ImportRunFactory, "source"),
    ("import_state_known", ImportRunFactory, "state"),
    ("link_kind_known", CaseLinkFactory, "kind"),
    ("link_state_known", CaseLinkFactory, "state"),
    ("offense_code_scheme_known", OffenseCodeFactory, "scheme"),
    ("officer_rank_known", OfficerFactory, "rank"),
    ("person_role_known", InvolvedPersonFactory, "role"),
    ("provider_link_kind_known", ProviderLinkFactory, "kind"),
    ("referral_channel_known", ReferralFactory, "channel"),
    ("referral_priority_known", ReferralFactory, "priority"),
    ("request_state_known", AccessRequestFactory, "state"),
    ("response_kind_known", ResponseFactory, "kind"),
    ("reveal_reason_known", RevealFactory, "reason_code"),
    ("review_decision_known", ReviewFactory, "decision"),
    ("review_subject_known", ReviewFactory, "subject"),
    ("role_permission_known", RolePermissionFactory, "permission"),
    ("role_scope_known", RoleFactory, "scope"),
    ("service_key_scope_known", ServiceKeyFactory, "scope"),
    ("squad_grant_may_known", SquadGrantFactory, "may"),
    ("squad_grant_purpose_known", SquadGrantFactory, "purpose"),
    ("state_change_disposition_known", CaseStateChangeFactory, "disposition"),
    ("state_change_state_known", CaseStateChangeFactory, "state"),
    ("sweep_kind_known", SweepRunFactory, "kind"),
    ("victim_age_band_known", VictimFactory, "age_band"),
    ("victim_sex_known", VictimFactory, "sex"),
]


@pytest.mark.parametrize(
    ("name", "factory", "column"), VOCABULARIES, ids=[row[0] for row in VOCABULARIES]
)
def test_a_word_off_the_list_is_refused(name: str, factory: Factory, column: str) -> None:
    refuse(name, factory.create(), {column: OFF_THE_LIST})


@dataclass(frozen=True)
class Rule:
    """A check: a sound row, the values that break it, and the nearest values that don't."""

    name: str
    factory: Factory
    broken: Fields
    sound: Fields | None = None
    given: Fields = field(default_factory=dict)


RULES = [
    Rule("reveal_has_reason", RevealFactory, {"reason": ""}, {"reason": "x"}),
    Rule("reveal_in_a_session", RevealFactory, {"session": ""}, {"session": "x"}),
    Rule("reveal_ends", RevealFactory, {"masked_at": NOW - TICK}, {"masked_at": NOW}),
    Rule("answer_says_something", ElementAnswerFactory, {"text": ""}, {"text": "x"}),
    Rule(
        "case_ended_has_disposition",
        CaseFactory,
        {"state": CaseState.INACTIVE, "disposition": ""},
        {"state": CaseState.INACTIVE, "disposition": Disposition.INACTIVE},
    ),
    Rule(
        "case_open_has_no_disposition",
        CaseFactory,
        {"disposition": Disposition.UNFOUNDED},
        {"disposition": ""},
    ),
    Rule("case_open_has_no_disposition", CaseFactory, {"closed_at": NOW}, {"closed_at": None}),
    Rule(
        "case_settled_within_required",
        CaseFactory,
        {"settled": 5, "required": 4},
        {"settled": 4, "required": 4},
    ),
    Rule(
        "clock_due_after_start",
        ClockFactory,
        {"starts_at": NOW, "due_at": NOW - TICK},
        {"starts_at": NOW, "due_at": NOW},
    ),
    Rule("clock_has_a_subject", ClockFactory, {"case": None, "referral": None}),
    Rule(
        "evidence_disposition_dated",
        EvidenceFactory,
        {"disposition": "Returned", "dispositioned_at": None},
        {"disposition": "Returned", "dispositioned_at": NOW},
    ),
    Rule(
        "evidence_disposition_dated", EvidenceFactory, {"disposition": "", "dispositioned_at": NOW}
    ),
    Rule(
        "flag_acknowledged_by_somebody",
        FlagFactory,
        {"acknowledged_by": None},
        {"comment": ""},
        given={"acknowledged": True},
    ),
    Rule(
        "flag_acknowledged_by_somebody",
        FlagFactory,
        {"acknowledged_at": None},
        given={"acknowledged": True},
    ),
    Rule("flag_has_one_subject", FlagFactory, {"case": None}),
    Rule(
        "flag_resolved_dated",
        FlagFactory,
        {"status": FlagStatus.RESOLVED, "resolved_at": None},
        {"status": FlagStatus.RESOLVED, "resolved_at": NOW},
    ),
    Rule(
        "flag_waived_with_reason_and_end",
        FlagFactory,
        {"waived_until": None},
        {"waived_until": NOW},
        given={"waived": True},
    ),
    Rule("flag_waived_with_reason_and_end", FlagFactory, {"comment": ""}, given={"waived": True}),
    Rule(
        "grant_ends",
        GrantFactory,
        {"granted_at": NOW, "expires_at": NOW},
        {"granted_at": NOW, "expires_at": NOW + TICK},
    ),
    Rule("grant_has_reason", GrantFactory, {"reason": ""}),
    Rule(
        "hold_ends",
        ClockHoldFactory,
        {"starts_at": NOW, "ends_at": NOW},
        {"starts_at": NOW, "ends_at": NOW + TICK},
    ),
    Rule("hold_has_reason", ClockHoldFactory, {"reason": ""}),
    Rule(
        "squad_grant_ends",
        SquadGrantFactory,
        {"granted_at": NOW, "expires_at": NOW},
        {"granted_at": NOW, "expires_at": NOW + TICK},
    ),
    Rule("squad_grant_has_reason", SquadGrantFactory, {"reason": ""}),
    Rule("request_has_reason", AccessRequestFactory, {"reason": ""}),
    Rule(
        "request_ends",
        AccessRequestFactory,
        {"asked_at": NOW, "climbs_at": NOW, "lapses_at": NOW},
        {"asked_at": NOW, "climbs_at": NOW, "lapses_at": NOW + TICK},
    ),
    Rule("request_decided_by_somebody", AccessRequestFactory, {"decided_at": NOW}),
    Rule(
        "request_decided_by_somebody",
        AccessRequestFactory,
        {"decided_by": None},
        given={"refused": True},
    ),
    Rule(
        "request_decided_by_somebody",
        AccessRequestFactory,
        {"case": None},
        given={"refused": True},
    ),
    Rule(
        "request_refused_with_reason",
        AccessRequestFactory,
        {"answer": ""},
        {"answer": "x"},
        given={"refused": True},
    ),
    Rule(
        "request_approved_until",
        AccessRequestFactory,
        {"granted_until": None},
        given={"approved": True},
    ),
    Rule(
        "request_approved_until",
        AccessRequestFactory,
        {"granted_until": NOW},
        given={"refused": True},
    ),
    Rule("glass_has_reason", BrokenGlassFactory, {"reason": ""}),
    Rule(
        "glass_ends",
        BrokenGlassFactory,
        {"broken_at": NOW, "ends_at": NOW},
        {"broken_at": NOW, "ends_at": NOW + TICK},
    ),
    Rule("glass_supervisor_is_named", BrokenGlassFactory, {"supervisor_seen_at": NOW}),
    Rule("glass_captain_is_named", BrokenGlassFactory, {"captain_seen_at": NOW}),
    Rule(
        "glass_seen_by_another",
        BrokenGlassFactory,
        {"captain_seen_at": NOW, "captain_seen_by": F("account")},
    ),
    Rule(
        "glass_seen_by_another",
        BrokenGlassFactory,
        {"supervisor_seen_at": NOW, "supervisor_seen_by": F("account")},
    ),
    Rule(
        "officer_leaves_after_joining",
        OfficerFactory,
        {"active_from": NOW.date(), "active_to": (NOW - DAY).date()},
        {"active_from": NOW.date(), "active_to": NOW.date()},
    ),
    Rule("policy_has_reason", PolicyFactory, {"reason": ""}),
    Rule(
        "referral_acknowledged_after_receipt",
        ReferralFactory,
        {"received_at": NOW, "acknowledged_at": NOW - TICK},
        {"received_at": NOW, "acknowledged_at": NOW},
    ),
    Rule("report_review_names_report", ReviewFactory, {"response": None}),
    Rule("wall_has_reason", WallFactory, {"reason": ""}),
    Rule("blind_token_of_one_person", BlindTokenFactory, {"victim": None}),
    Rule("link_decided_by_somebody", CaseLinkFactory, {"state": LinkState.CONFIRMED}),
    Rule("link_in_order", CaseLinkFactory, {"second": F("first")}),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_row_that_breaks_a_rule_is_refused(rule: Rule) -> None:
    row = rule.factory.create(**rule.given)

    refuse(rule.name, row, rule.broken)
    if rule.sound is not None:
        assert change(row, rule.sound) == 1


@dataclass(frozen=True)
class Once:
    """A uniqueness: a row, which of its values a second one shares, and what sets it apart."""

    name: str
    factory: Factory
    shared: tuple[str, ...]
    given: Fields = field(default_factory=dict)
    apart: Fields | None = None


ONCE = [
    Once("answer_once_per_element", ElementAnswerFactory, ("response", "element")),
    Once("assignment_one_current", AssignmentFactory, ("case",), apart={"ended_at": NOW}),
    Once("clock_once_per_case_kind_key", ClockFactory, ("case", "kind"), apart={"key": "other"}),
    Once("clock_once_per_loose_referral", ClockFactory, ("referral", "kind"), {"loose": True}),
    Once("draft_one_per_case_and_account", DraftFactory, ("case", "account")),
    Once("link_stands_once", CaseLinkFactory, ("first", "second", "kind")),
    Once("evidence_item_once", EvidenceFactory, ("case", "item")),
    Once(
        "flag_stands_once_per_case",
        FlagFactory,
        ("case", "kind", "clock_kind"),
        apart={"clock_key": "other"},
    ),
    Once(
        "flag_stands_once_per_case",
        FlagFactory,
        ("case", "kind", "clock_kind"),
        apart={"resolved": True},
    ),
    Once(
        "flag_stands_once_per_officer",
        FlagFactory,
        ("officer", "kind"),
        {"on_officer": True},
        apart={"resolved": True},
    ),
    Once(
        "flag_stands_once_per_referral",
        FlagFactory,
        ("referral", "kind"),
        {"on_referral": True},
        apart={"resolved": True},
    ),
    Once("import_chunk_once", ImportChunkFactory, ("run", "position")),
    Once("offense_code_version_once", OffenseCodeFactory, ("scheme", "code", "valid_from")),
    Once("referral_reference_once", ReferralFactory, ("channel", "organization", "reference")),
    Once(
        "response_imported_once",
        ResponseFactory,
        ("case", "source_digest"),
        {"source_digest": DIGEST},
        apart={"source_digest": None},
    ),
    Once(
        "review_imported_once",
        ReviewFactory,
        ("case", "source_digest"),
        {"source_digest": DIGEST},
        apart={"source_digest": None},
    ),
    Once(
        "request_waits_once",
        AccessRequestFactory,
        ("account", "number"),
        apart={"state": RequestState.LAPSED},
    ),
    Once(
        "squad_grant_stands_once",
        SquadGrantFactory,
        ("case", "squad"),
        apart={"ended_at": NOW},
    ),
    Once("saved_filter_name_once", SavedFilterFactory, ("account", "screen", "name")),
    Once(
        "state_change_imported_once",
        CaseStateChangeFactory,
        ("case", "source_digest"),
        {"source_digest": DIGEST},
        apart={"source_digest": None},
    ),
    Once("wall_stands_once", WallFactory, ("case", "account"), apart={"lifted_at": NOW}),
]


@pytest.mark.parametrize("once", ONCE, ids=lambda once: once.name)
def test_a_second_row_of_the_same_is_refused(once: Once) -> None:
    first = once.factory.create(**once.given)
    same = {name: getattr(first, name) for name in once.shared}

    with pytest.raises(IntegrityError, match=once.name), transaction.atomic():
        once.factory.create(**{**once.given, **same})
    if once.apart is not None:
        assert once.factory.create(**{**once.given, **same, **once.apart}).pk


def test_a_permission_is_ticked_once() -> None:
    ticked = RolePermissionFactory.create()

    with pytest.raises(IntegrityError, match="role_permission_once"), transaction.atomic():
        type(ticked).objects.create(role=ticked.role, permission=ticked.permission)


def test_nobody_signs_their_own_closure() -> None:
    officer, sergeant = OfficerFactory.create(), OfficerFactory.create(sergeant=True)
    step = CaseStateChangeFactory.create(officer=officer)

    refuse("closure_signed_by_another", step, {"signed_by": officer})
    assert change(step, {"signed_by": sergeant}) == 1


def test_a_flag_is_about_one_thing() -> None:
    flag = FlagFactory.create()

    refuse("flag_has_one_subject", flag, {"officer": OfficerFactory.create()})
    refuse("flag_has_one_subject", flag, {"referral": ReferralFactory.create()})


def test_an_expunge_is_of_one_person_by_an_order_and_by_two() -> None:
    waiting, done = ExpungeFactory.create(), ExpungeFactory.create(done=True)

    refuse("expunge_of_one_person", waiting, {"person": InvolvedPersonFactory.create()})
    refuse("expunge_of_one_person", waiting, {"victim": None})
    refuse("expunge_has_order_and_reason", waiting, {"court_order": ""})
    refuse("expunge_has_order_and_reason", waiting, {"reason": ""})
    refuse("expunge_takes_two_people", waiting, {"state": ExpungeState.CONFIRMED})
    refuse("expunge_takes_two_people", done, {"decided_by": done.requested_by})
    refuse("expunge_done_is_shredded", done, {"leaves": ["0" * 16]})
    refuse("expunge_done_is_shredded", done, {"shredded_at": None})


def test_a_person_is_expunged_once() -> None:
    first = ExpungeFactory.create()
    witness = InvolvedPersonFactory.create(case=first.case)
    ExpungeFactory.create(case=first.case, victim=None, person=witness)

    with pytest.raises(IntegrityError, match="expunge_once_per_victim"), transaction.atomic():
        ExpungeFactory.create(case=first.case, victim=first.victim)
    with pytest.raises(IntegrityError, match="expunge_once_per_person"), transaction.atomic():
        ExpungeFactory.create(case=first.case, victim=None, person=witness)
    change(first, {"state": ExpungeState.WITHDRAWN})
    assert ExpungeFactory.create(case=first.case, victim=first.victim).pk


def test_a_subject_is_one_accounts_and_an_account_one_subjects() -> None:
    first, second = ProviderLinkFactory.create_batch(2)

    refuse("provider_link_of_one_account", second, {"subject_digest": first.subject_digest})
    refuse("provider_link_once_per_account", second, {"account": first.account})
    assert change(second, {"account": first.account, "kind": "saml"}) == 1


def test_a_machines_key_ends_after_it_began() -> None:
    key = ServiceKeyFactory.create()

    refuse("service_key_ends_after_it_began", key, {"expires_at": key.created_at})
    assert change(key, {"expires_at": key.created_at + TICK}) == 1


def test_a_reveal_is_of_one_thing() -> None:
    reveal = RevealFactory.create()

    refuse("reveal_of_one_thing", reveal, {"response": ResponseFactory.create()})
    refuse("reveal_of_one_thing", reveal, {"person": InvolvedPersonFactory.create()})
    refuse("reveal_of_one_thing", reveal, {"victim": None})


def test_a_form_serves_one_reveal() -> None:
    first, second = RevealFactory.create_batch(2)

    with pytest.raises(IntegrityError, match="form_token"), transaction.atomic():
        change(second, {"form_token": first.form_token})


def test_a_blind_token_is_of_one_person() -> None:
    token = BlindTokenFactory.create()

    refuse("blind_token_of_one_person", token, {"person": InvolvedPersonFactory.create()})


def refuse(name: str, row: Any, values: Fields) -> None:
    """The database must refuse the change, and say which rule it breaks."""
    with pytest.raises(IntegrityError, match=f'"{name}"'), transaction.atomic():
        change(row, values)


def change(row: Any, values: Fields) -> int:
    """One plain UPDATE; how many rows it changed."""
    key: UUID | int = row.pk
    return int(type(row).objects.filter(pk=key).update(**values))
