"""What goes out to whom? Profiles are data; this reads them and answers for one of them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cases.enums import ReleaseCategory

PROFILES = Path(__file__).with_name("release_profiles.toml")
KEPT, DROPPED = "kept", "dropped"


class BadProfile(ValueError):
    """A profile names something that does not exist. Says what."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile of what goes. `body` is the data it was read from, kept with every release."""

    code: str
    label: str
    about: str
    keeps_pseudonyms: bool
    takes_out: frozenset[str]
    holds_to: frozenset[str]
    exemptions: tuple[str, ...]
    citing: Mapping[str, str]
    body: Mapping[str, Any]

    def cites(self, category: str) -> str:
        """The exemption that is cited for a category unless somebody chooses another."""
        return self.citing.get(category, self.exemptions[0])

    def suggests(self, category: str) -> bool:
        """Whether what belongs to the category is taken out unless somebody says why not."""
        if category == ReleaseCategory.PSEUDONYM:
            return not self.keeps_pseudonyms
        return category in self.takes_out

    def insists(self, category: str) -> bool:
        """Whether nobody may leave in what was found of this category."""
        return category in self.holds_to


def profile_of(body: Mapping[str, Any]) -> Profile:
    """A profile from its data. Raises BadProfile."""
    code = str(body.get("code", ""))
    unknown = {*body["takes_out"], *body["holds_to"], *body.get("citing", {})} - set(
        ReleaseCategory.values
    )
    if unknown:
        raise BadProfile(f"Profile {code!r} names no category: {', '.join(sorted(unknown))}.")
    exemptions = tuple(body["exemptions"])
    if not exemptions or set(body.get("citing", {}).values()) - set(exemptions):
        raise BadProfile(f"Profile {code!r} cites what is not among its exemptions.")
    if body["pseudonyms"] not in (KEPT, DROPPED):
        raise BadProfile(f"Profile {code!r}: pseudonyms are kept or dropped.")
    return Profile(
        code=code,
        label=str(body["label"]),
        about=str(body["about"]),
        keeps_pseudonyms=body["pseudonyms"] == KEPT,
        takes_out=frozenset(body["takes_out"]),
        holds_to=frozenset(body["holds_to"]),
        exemptions=exemptions,
        citing=dict(body.get("citing", {})),
        body=dict(body),
    )


@cache
def profiles() -> Mapping[str, Profile]:
    """The unit's profiles by code, in their order."""
    read = tomllib.loads(PROFILES.read_text(encoding="utf-8"))
    found = [profile_of(body) for body in read["profiles"]]
    return {profile.code: profile for profile in found}
