"""By which keyed digests can a person be found, and how are they made anew under another key?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from audit.events import Event
from audit.recorder import record
from cases.access import NotPermitted, Viewer
from cases.models import BlindToken, InvolvedPerson, Victim
from cases.models.blinding import asked, token, version
from cases.models.sealing import open_identity_of
from cases.rules.finding import Probe, forms, probes
from cases.seal import SealError

BATCH = 500
# The column of `BlindToken` that names its owner, by the owner's model.
OWNERS: dict[str, type[Victim] | type[InvolvedPerson]] = {
    "victim_id": Victim,
    "person_id": InvolvedPerson,
}


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """One step of a rebuild. `last` is where the next begins, None at the end.

    `unopened`: their tokens stay as they were, because the identity does not open.
    """

    last: UUID | None
    people: int = 0
    unopened: int = 0


def tokens_of(
    identity: Mapping[str, str], *, victim_id: UUID | None = None, person_id: UUID | None = None
) -> list[BlindToken]:
    """Unsaved blind tokens: one keyed digest for each form by which somebody can be found."""
    made_with = version()
    return [
        BlindToken(
            victim_id=victim_id,
            person_id=person_id,
            kind=form,
            digest=token(form, value),
            made_with=made_with,
        )
        for form, value in sorted(forms(identity))
    ]


def asked_for(identity: Mapping[str, str]) -> dict[bytes, Probe]:
    """Digest → what it asks for, under every key that tokens may be made with."""
    return {
        digest: probe for probe in probes(identity) for digest in asked(probe.form, probe.value)
    }


@transaction.atomic
def rebuild_tokens(
    *, viewer: Viewer, now: datetime, owner: str, after: UUID | None, size: int = BATCH
) -> Rebuilt:
    """The next people whose tokens were made with another key or other forms, made anew.

    `owner` is a key of `OWNERS`; `after` the id where the step before ended, None to begin. A
    person is done wholly or not at all, and one that is done is not done again; so a run that was
    cut off goes on where it was. Searches go on meanwhile, under every configured key. Raises
    NotPermitted for anybody but the system.
    """
    if viewer.account_id is not None:
        raise NotPermitted("The index of people is rebuilt from the command line.")
    found = list(_stale(owner, after)[:size])
    fresh: list[BlindToken] = []
    unopened = 0
    for one in found:
        try:
            fresh += tokens_of(open_identity_of(one), **{owner: one.pk})
        except SealError:
            unopened += 1
            continue
        BlindToken.objects.filter(**{owner: one.pk}).delete()
    BlindToken.objects.bulk_create(fresh)
    if found:
        told = {"people": len(found) - unopened, "unopened": unopened, "made_with": version()}
        record(Event.BLIND_INDEX_REBUILT, at=now, subject_type="blind_index", details=told)
    last = found[-1].pk if len(found) == size else None
    return Rebuilt(last, len(found) - unopened, unopened)


def _stale(owner: str, after: UUID | None) -> "QuerySet[Victim] | QuerySet[InvolvedPerson]":
    """People with a token that is not of today, or with none, in the order of their ids."""
    own = BlindToken.objects.filter(**{owner: OuterRef("pk")})
    today = own.filter(made_with=version())
    other = own.exclude(made_with=version())
    people = OWNERS[owner].objects.filter(sealed__isnull=False)
    if after is not None:
        people = people.filter(pk__gt=after)
    stale = people.filter(~Exists(today) | Exists(other))
    return stale.select_for_update(of=("self",)).order_by("pk")


def replace_tokens(owner: str, key: UUID, identity: Mapping[str, str]) -> None:
    """After a correction: the old forms find nobody any more. Inside the caller's transaction."""
    BlindToken.objects.filter(**{owner: key}).delete()
    BlindToken.objects.bulk_create(tokens_of(identity, **{owner: key}))
