"""Can a column hold a child's name in clear? Every text of every table says why it can't. (law 3)

A column that is in none of the tables below fails: whoever adds one decides what becomes of a name
that somebody types into it.
"""

import importlib
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db.models import BinaryField, CharField, Field, JSONField, Model, TextField

from cases.services.rewriting import WRITTEN

OURS = ("audit", "cases")

# Redacted when written, and again when somebody is added or corrected: by what, if not by WRITTEN.
REMADE = {
    "cases.Response.narrative": "cases.services.rewriting._narratives",
    "cases.ElementAnswer.text": "cases.services.rewriting._answers",
    "cases.Review.comments": "cases.services.rewriting._comments",
    "cases.Evidence.item": "cases.services.rewriting._item_numbers",
    "cases.CaseUserObjectPermission.reason": "cases.services.grants.redact_grants_again",
}
# Belong to no case, or are never rewritten: what looks like a name is masked, whoever it is.
MASKED = {
    "audit.Entry.reason": "audit.recorder._cleared",
    "cases.AuditReview.comment": "cases.services.audit_reviews.sign_week",
    "cases.RoleChange.reason": "cases.services.roles.change_role",
    "cases.SavedFilter.name": "cases.services.filters.save_filter",
}
# Reviewed: can name no child, and why.
HARMLESS = {
    "audit.Checkpoint.note": "made by the log: origin, size, hash",
    "audit.Entry.actor_id": "an account's id, or what the machinery calls itself",
    "audit.Entry.actor_label": "an account's sign-in name",
    "audit.Entry.changes": "fields of FIELDS in selectors.versions; what identifies is masked",
    "audit.Entry.details": "ids, codes and counts; a court order's reference is redacted before",
    "audit.Entry.session": "a digest",
    "audit.Entry.subject_id": "an id",
    "audit.Entry.subject_type": "written in the source",
    "audit.Retirement.note": "made by the log: staff, places, and the order as its entry has it",
    "audit.Witnessing.problem": "the name of an exception's type",
    "audit.Witnessing.witness": "file, email or http",
    "cases.AccessRequest.number": "more digits than letters",
    "cases.Account.display_name": "staff",
    "cases.Account.organization": "where staff work",
    "cases.Account.password": "a digest",
    "cases.Account.username": "staff",
    "cases.AuditReview.found": "codes of questions and counts",
    "cases.BlindToken.kind": "of a closed list",
    "cases.BlindToken.made_with": "a key's id",
    "cases.Case.carries": "codes of the rules",
    "cases.Case.concerns": "kinds of flags",
    "cases.Case.division": "a place; a new one is redacted at intake",
    "cases.Case.nibrs": "a code",
    "cases.Case.number": "made by the unit, or a column of case numbers",
    "cases.Case.missing": "codes of elements",
    "cases.Case.next_clock": "a kind of clock",
    "cases.Case.statute": "a code",
    "cases.CaseLink.pairs": "pseudonyms and reasons from the source",
    "cases.CaseLink.sure": "one of three words",
    "cases.Clock.key": "an id or a digest",
    "cases.Clock.reasons": "codes and numbers of the rules",
    "cases.ClockHold.clock_key": "an id or a digest",
    "cases.ElementAnswer.element": "a code of the policy",
    "cases.Expunge.leaves": "names of keys",
    "cases.Flag.clock_key": "an id or a digest",
    "cases.Flag.clock_kind": "a kind of clock",
    "cases.Flag.reasons": "codes and numbers of the rules",
    "cases.ImportRejection.file": "one of the bundle's file names",
    "cases.ImportRejection.reason": "written in the source; quotes columns, never cells",
    "cases.ImportRun.counts": "counts",
    "cases.ImportRun.error": "written in the source",
    "cases.InvolvedPerson.pseudonym": "random",
    "cases.OffenseCode.code": "a code of the state's or the FBI's list",
    "cases.OffenseCode.label": "the same list",
    "cases.Officer.badge": "staff",
    "cases.Officer.name": "staff",
    "cases.Policy.body": "rules",
    "cases.Policy.reason": "written by migrations and by whoever changes the rules, of no case",
    "cases.Referral.organization": "an institution; a new one is redacted at intake",
    "cases.Referral.reference": "the sender's number; redacted at intake",
    "cases.Release.error": "written in the source",
    "cases.Release.number": "a running number",
    "cases.Release.profile": "a code",
    "cases.Release.profile_body": "the profile's file",
    "cases.Release.result_sha256": "a digest",
    "cases.Release.version": "a digest",
    "cases.ReleaseFile.error": "written in the source",
    "cases.ReleaseItem.label": "a kind and a time, or a file's position and page",
    "cases.ReleaseItem.source": "an id",
    "cases.ReleaseMark.exemption": "of the profile's list",
    "cases.Reveal.session": "a digest",
    "cases.Role.code": "of a closed list",
    "cases.RoleChange.permissions_after": "of a closed list",
    "cases.RoleChange.permissions_before": "of a closed list",
    "cases.Role.label": "of a closed list",
    "cases.SavedFilter.query": "only what the list's form accepts: codes, ids and numbers",
    "cases.SavedFilter.screen": "of a closed list",
    "cases.SavedMapping.body": "columns and codes of a file; a column of names is refused",
    "cases.SavedMapping.name": "letters, digits and hyphens: what a system exports",
    "cases.ServiceKey.name": "small letters, figures and dashes: a machine",
    "cases.ServiceKey.prefix": "random",
    "cases.Squad.name": "staff",
    "cases.SweepRun.counts": "counts",
    "cases.Victim.pseudonym": "random",
}


def _models() -> Iterator[type[Model]]:
    for label in OURS:
        yield from apps.get_app_config(label).get_models()


def _texts() -> Iterator[str]:
    """Every column that takes words and is no choice from a list."""
    for model in _models():
        for field in model._meta.concrete_fields:
            if isinstance(field, CharField | TextField | JSONField | ArrayField) and _open(field):
                yield f"{model._meta.label}.{field.name}"


def _open(field: "Field[object, object]") -> bool:
    if isinstance(field, ArrayField):
        return isinstance(field.base_field, CharField | TextField)
    return not field.choices and field.name != "key_id"


def _written() -> set[str]:
    return {
        f"{written.model._meta.label}.{column}" for written in WRITTEN for column in written.columns
    }


def test_every_text_says_why_it_names_no_child() -> None:
    undecided = [text for text in _texts() if text not in _written() | _decided().keys()]

    assert undecided == []


def test_nothing_is_decided_twice_or_about_a_text_that_is_gone() -> None:
    known = set(_texts())

    assert _decided().keys() - known == set()
    assert _written() - known == set()
    assert _written() & _decided().keys() == set()
    assert len(_decided()) == len(REMADE) + len(MASKED) + len(HARMLESS)


def test_bytes_are_sealed_or_digests() -> None:
    bare = [
        f"{model._meta.label}.{field.name}"
        for model in _models()
        for field in model._meta.concrete_fields
        if isinstance(field, BinaryField)
        and not field.name.startswith(("sealed", "wrapped_key"))
        and not field.name.endswith(("digest", "hash", "mac"))
    ]

    assert bare == []


@pytest.mark.parametrize("by", sorted({*REMADE.values(), *MASKED.values()}))
def test_what_is_named_here_exists(by: str) -> None:
    module, _, name = by.rpartition(".")

    assert callable(getattr(importlib.import_module(module), name))


def _decided() -> dict[str, str]:
    return {**REMADE, **MASKED, **HARMLESS}
