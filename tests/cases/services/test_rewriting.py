"""Is every text of a case redacted again when somebody becomes known? All names are invented."""

import uuid
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit.events import Event
from audit.models import Entry
from cases.access import Hidden, NotPermitted, viewer_for
from cases.enums import (
    AnswerStatus,
    FlagKind,
    LinkState,
    PersonRole,
    ResponseKind,
    ReviewDecision,
)
from cases.management.commands import redact_again as command
from cases.models import BlindToken, Case, ElementAnswer, Evidence, Response, Review, Victim
from cases.models.sealing import Expunged, case_key, open_identity_of, open_text
from cases.rules.documentation import signature
from cases.services.correcting import Correction, NothingToCorrect, correct_person
from cases.services.narratives import former_of
from cases.services.responses import AnswerInput, ResponseInput, log_response
from cases.services.rewriting import WRITTEN, redact_again, redact_case_again
from cases.services.victims import PersonInput, add_person, add_victim
from tests.cases.pages import Desk
from tests.factories import (
    DAY,
    NOW,
    AccountFactory,
    CaseLinkFactory,
    EvidenceFactory,
    ExpungeFactory,
    FlagFactory,
    GrantFactory,
    ReleaseFactory,
    ReleaseMarkFactory,
    RevealFactory,
    VictimFactory,
    WallFactory,
)
from tests.leaks import assert_nothing_leaks

pytestmark = pytest.mark.django_db

ZEPHYRINE = {"first_name": "Zephyrine", "last_name": "Quillfeather"}
NARRATIVE = (
    "Zephyrine Quillfeather was seen at home by the officer, and so was the aunt. " * 6
    + "Call 816-555-0142 again."
)


@pytest.fixture
def case(desk: Desk) -> Case:
    return desk.held_case()


def logged(desk: Desk, case: Case, **fields: Any) -> Response:
    entry = ResponseInput(
        kind=ResponseKind.INITIAL_REPORT,
        occurred_at=NOW,
        submission_key=uuid.uuid4(),
        narrative=NARRATIVE,
        answers={"victim": AnswerInput(AnswerStatus.ANSWERED, "Zephyrine, in the kitchen.")},
        incomplete_reason="Zephyrine was asleep.",
        **fields,
    )
    return log_response(viewer=viewer_for(desk.detective), now=NOW, case_id=case.pk, entry=entry)


def texts(case: Case) -> list[Any]:
    """Every column of the case's tables that holds words."""
    rows: list[Any] = list(Response.objects.filter(case=case).values("narrative", "next_action"))
    rows += ElementAnswer.objects.filter(response__case=case).values("text")
    rows += Review.objects.filter(case=case).values("comments")
    for written in WRITTEN:
        rows += written.rows(case).values(*written.columns)
    rows += case.grants.values("reason")
    return rows


def test_a_child_added_later_is_nowhere_named(desk: Desk, case: Case) -> None:
    response = logged(desk, case, contacted="Quillfeather's neighbor", next_action="See Zephyrine")
    GrantFactory.create(content_object=case, reason="Treats Zephyrine")
    WallFactory.create(case=case, reason="Cousin of Zephyrine")
    FlagFactory.create(case=case, kind=FlagKind.STALLED, comment="Ask Zephyrine's school")
    Review.objects.create(
        case=case,
        subject="report",
        response=response,
        decision=ReviewDecision.RETURNED,
        comments={"narrative": "What did Zephyrine say?"},
        occurred_at=NOW,
        entered_at=NOW,
    )

    victim = add_victim(
        viewer=viewer_for(desk.detective),
        now=NOW + DAY,
        case_id=case.pk,
        person=PersonInput(identity=ZEPHYRINE),
    )

    assert_nothing_leaks(texts(case), [ZEPHYRINE])
    response.refresh_from_db()
    assert response.narrative.startswith(f"{victim.pseudonym} was seen at home")
    assert response.narrative.endswith("Call [phone] again.")
    assert response.bands == list(signature(response.narrative))


def test_the_original_stays_as_it_was_written(desk: Desk, case: Case) -> None:
    response = logged(desk, case)
    add_victim(
        viewer=viewer_for(desk.detective),
        now=NOW,
        case_id=case.pk,
        person=PersonInput(identity=ZEPHYRINE),
    )

    response.refresh_from_db()
    sealed = bytes(response.sealed_narrative or b"")
    assert open_text(case_key(case), response.pk, "response.narrative", sealed) == NARRATIVE


def test_an_involved_person_added_later_is_nowhere_named(desk: Desk, case: Case) -> None:
    response = logged(desk, case)

    person = add_person(
        viewer=viewer_for(desk.detective),
        now=NOW,
        case_id=case.pk,
        person=PersonInput(identity=ZEPHYRINE, role=PersonRole.SUSPECT),
    )

    response.refresh_from_db()
    assert_nothing_leaks(texts(case), [ZEPHYRINE])
    assert person.pseudonym in response.narrative


def corrected(desk: Desk, case: Case, person_id: Any, **fields: Any) -> Any:
    return correct_person(
        viewer=viewer_for(desk.detective),
        now=NOW + DAY,
        case_id=case.pk,
        person_id=person_id,
        correction=Correction(**fields),
    )


def test_a_correction_hides_the_right_name_and_the_wrong_one(desk: Desk, case: Case) -> None:
    wrong = {"first_name": "Seraphine", "last_name": "Quillfeather", "phone": "816-555-0177"}
    victim = VictimFactory.create(case=case, identity=wrong)
    response = logged(desk, case)

    corrected(desk, case, victim.pk, identity={"first_name": "Zephyrine"})
    response.refresh_from_db()
    log_response(
        viewer=viewer_for(desk.detective),
        now=NOW + DAY,
        case_id=case.pk,
        entry=ResponseInput(
            kind=ResponseKind.SUPPLEMENT, occurred_at=NOW, narrative="Seraphine is Zephyrine."
        ),
    )

    assert_nothing_leaks(texts(case), [ZEPHYRINE, wrong])
    victim.refresh_from_db()
    identity = open_identity_of(victim)
    assert identity["first_name"] == "Zephyrine"
    assert identity["phone"] == "816-555-0177"
    assert [was["first_name"] for was in former_of(identity)] == ["Seraphine"]


def test_a_correction_names_its_fields_and_nothing_else(desk: Desk, case: Case) -> None:
    victim = VictimFactory.create(case=case, identity={"first_name": "Seraphine"})

    corrected(desk, case, victim.pk, identity={**ZEPHYRINE, "birth_date": "2017-03-05"}, sex="M")

    entry = Entry.objects.get(event=Event.IDENTITY_CHANGED)
    assert entry.details["fields"] == ["birth_date", "first_name", "last_name", "sex"]
    assert_nothing_leaks(entry, [ZEPHYRINE, {"first_name": "Seraphine", "dob": "2017-03-05"}])
    victim.refresh_from_db()
    assert victim.sex == "M"
    assert victim.age_band != "unknown"
    assert BlindToken.objects.filter(victim=victim).exists()


def test_a_guess_that_is_right_is_answered_as_a_wrong_one_is(desk: Desk, case: Case) -> None:
    victim = VictimFactory.create(case=case, identity=ZEPHYRINE)

    corrected(desk, case, victim.pk, identity={"first_name": ZEPHYRINE["first_name"]})
    corrected(desk, case, victim.pk, identity={"first_name": "Seraphine"})

    entries = Entry.objects.filter(event=Event.IDENTITY_CHANGED).order_by("pk")
    assert [entry.details["fields"] for entry in entries] == [["first_name"], ["first_name"]]


def test_a_correction_can_empty_a_field(desk: Desk, case: Case) -> None:
    victim = VictimFactory.create(case=case, identity={**ZEPHYRINE, "phone": "816-555-0177"})

    corrected(desk, case, victim.pk, emptied=frozenset({"phone"}))

    victim.refresh_from_db()
    identity = open_identity_of(victim)
    assert "phone" not in identity
    assert list(former_of(identity)) == [{"phone": "816-555-0177"}]


@pytest.mark.parametrize("identity", [{}, {"first_name": " "}, {"unheard_of": "x"}])
def test_a_correction_of_nothing_is_refused(
    desk: Desk, case: Case, identity: dict[str, str]
) -> None:
    victim = VictimFactory.create(case=case)

    with pytest.raises(NothingToCorrect):
        corrected(desk, case, victim.pk, identity=identity)

    assert not Entry.objects.filter(event=Event.IDENTITY_CHANGED).exists()


def test_a_person_of_another_case_is_not_there(desk: Desk, case: Case) -> None:
    elsewhere = VictimFactory.create()

    with pytest.raises(Hidden):
        corrected(desk, case, elsewhere.pk, identity=ZEPHYRINE)


def test_whoever_may_not_log_may_not_correct(desk: Desk, case: Case) -> None:
    victim = VictimFactory.create(case=case)
    stranger = viewer_for(AccountFactory.create())

    with pytest.raises((Hidden, NotPermitted)):
        correct_person(
            viewer=stranger,
            now=NOW,
            case_id=case.pk,
            person_id=victim.pk,
            correction=Correction(identity=ZEPHYRINE),
        )


def test_a_correction_makes_a_copy_known(desk: Desk, case: Case) -> None:
    """The same report about another child differs by the names until both are redacted."""
    victim = VictimFactory.create(case=case, identity={"first_name": "Seraphine"})
    response = logged(desk, case)
    before = response.bands

    corrected(desk, case, victim.pk, identity=ZEPHYRINE)

    response.refresh_from_db()
    assert response.bands != before


def test_an_expunged_person_names_nobody_and_hinders_nothing(desk: Desk, case: Case) -> None:
    Victim.objects.filter(pk=VictimFactory.create(case=case).pk).update(wrapped_key=None)

    assert logged(desk, case).narrative.startswith("Zephyrine")


def test_an_expunged_person_is_past_correcting(desk: Desk, case: Case) -> None:
    victim = VictimFactory.create(case=case)
    Victim.objects.filter(pk=victim.pk).update(wrapped_key=None, sealed=None)

    with pytest.raises(Expunged):
        corrected(desk, case, victim.pk, identity=ZEPHYRINE)


def test_texts_that_need_nothing_stay_untouched(desk: Desk, case: Case) -> None:
    logged(desk, case)

    assert redact_again(case, NOW) == 0


def test_reasons_around_a_case_are_redacted_again_too(desk: Desk, case: Case) -> None:
    first, second = sorted((case, desk.held_case()), key=lambda one: one.pk)
    decided = {"state": LinkState.CONFIRMED, "decided_at": NOW, "decided_by": desk.sergeant}
    CaseLinkFactory.create(first=first, second=second, reason="Both name Zephyrine", **decided)
    victim = VictimFactory.create(case=case, identity={"first_name": "Seraphine"})
    RevealFactory.create(victim=victim, reason="To tell her from Zephyrine")
    ExpungeFactory.create(
        case=case, victim=victim, court_order="Quillfeather 1", reason="Zephyrine asks"
    )
    release = ReleaseFactory.create(case=case, reason="Asked by Zephyrine", comment="Zephyrine!")
    ReleaseMarkFactory.create(
        item__release=release, decision="rejected", reason="Not Zephyrine's, says Quillfeather"
    )
    EvidenceFactory.create(case=case, item="Zephyrine-1")
    EvidenceFactory.create(case=case, item="Zephyrine's-1")

    add_victim(
        viewer=viewer_for(desk.detective),
        now=NOW,
        case_id=case.pk,
        person=PersonInput(identity=ZEPHYRINE),
    )

    items = list(Evidence.objects.filter(case=case).values_list("item", flat=True))
    assert len(set(items)) == len(items) == 1 + 1
    assert_nothing_leaks([texts(case), items], [ZEPHYRINE])


def test_a_new_rule_reaches_texts_that_were_redacted_by_an_old_one(desk: Desk, case: Case) -> None:
    VictimFactory.create(case=case, identity=ZEPHYRINE)
    response = logged(desk, case)
    Response.objects.update(narrative="Zephyrine stands here as an old rule left it.")
    out = StringIO()

    call_command("redact_again", stdout=out)
    call_command("redact_again", stdout=out)

    response.refresh_from_db()
    assert "Zephyrine" not in response.narrative
    assert "1 cases: 1 texts changed." in out.getvalue()
    assert "1 cases: 0 texts changed." in out.getvalue()
    assert Entry.objects.get(event=Event.TEXTS_REDACTED).details == {"changed": 1}


def test_stopped_half_way_it_goes_on_where_something_is_left(
    desk: Desk, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in (case, desk.held_case()):
        VictimFactory.create(case=one, identity=ZEPHYRINE)
        logged(desk, one)
    Response.objects.update(narrative="Zephyrine stands here as an old rule left it.")
    done: list[object] = []

    def stopped_at_the_second(**given: Any) -> int:
        if done:
            raise KeyboardInterrupt
        done.append(given["case_id"])
        return redact_case_again(**given)

    monkeypatch.setattr(command, "redact_case_again", stopped_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        call_command("redact_again", stdout=StringIO())
    left = Response.objects.filter(narrative__contains="Zephyrine")
    assert left.count() == 1

    monkeypatch.setattr(command, "redact_case_again", redact_case_again)
    monkeypatch.setattr(command, "EVERY", 1)
    out = StringIO()
    call_command("redact_again", stdout=out)

    assert not left.exists()
    assert "1 of 2 cases" in out.getvalue()
    assert "2 cases: 1 texts changed." in out.getvalue()


def test_a_case_that_does_not_open_is_counted_and_hinders_no_other(desk: Desk, case: Case) -> None:
    VictimFactory.create(case=case, identity=ZEPHYRINE)
    Victim.objects.update(sealed=b"not what was sealed")

    with pytest.raises(CommandError, match="1 cases have an identity that does not open"):
        call_command("redact_again", stdout=StringIO())


def test_only_the_machinery_redacts_by_a_new_rule(desk: Desk, case: Case) -> None:
    with pytest.raises(NotPermitted):
        redact_case_again(viewer=viewer_for(desk.sergeant), now=NOW, case_id=case.pk)
