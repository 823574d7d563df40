"""By which keyed digests can a person be found?"""

from collections.abc import Iterable
from uuid import UUID

from cases.models import BlindToken
from cases.models.sealing import blind


def tokens_of(
    identity: dict[str, str], *, victim_id: UUID | None = None, person_id: UUID | None = None
) -> list[BlindToken]:
    """Unsaved blind tokens: keyed digests of the full name and the birth date."""
    return [
        BlindToken(victim_id=victim_id, person_id=person_id, kind=kind, digest=digest)
        for kind, digest in token_digests(identity)
    ]


def token_digests(identity: dict[str, str]) -> Iterable[tuple[str, bytes]]:
    """(kind, keyed digest) of each form that can be looked for."""
    for kind, value in _forms(identity):
        yield kind, blind(kind, value)


def _forms(identity: dict[str, str]) -> Iterable[tuple[str, str]]:
    name = _normalized(f"{identity.get('first_name', '')} {identity.get('last_name', '')}")
    last_name = _normalized(identity.get("last_name", ""))
    birth = identity.get("birth_date", "")
    if name:
        yield "name", name
    if birth:
        yield "birth_date", birth
    if last_name and birth:
        yield "last_name_birth", f"{last_name} {birth}"


def _normalized(name: str) -> str:
    return " ".join(sorted(name.casefold().replace("-", " ").split()))
