"""Which entries have left the log by order, and how does the log itself say so?

A retirement is a signed note: who has the database alone can't write one, and an entry that is gone
without one was removed. Its places are leaves of the tree, which stay.
"""

import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from audit.checkpoints import Signer, text_of
from audit.models import Retirement
from audit.verifier import Key, NotValid, open_note

KIND = "retirement"


class Places:
    """Places in the tree, as runs `(first, last)` in order."""

    def __init__(self, runs: Iterable[tuple[int, int]] = ()) -> None:
        self.runs = tuple(sorted((int(first), int(last)) for first, last in runs))
        self._firsts = [first for first, _ in self.runs]

    @classmethod
    def of(cls, indexes: Iterable[int]) -> "Places":
        runs: list[tuple[int, int]] = []
        for index in sorted(indexes):
            if runs and index == runs[-1][1] + 1:
                runs[-1] = (runs[-1][0], index)
            else:
                runs.append((index, index))
        return cls(runs)

    def __contains__(self, index: int) -> bool:
        found = bisect_right(self._firsts, index)
        return found > 0 and index <= self.runs[found - 1][1]

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.runs)

    def meet(self, start: int, end: int) -> bool:
        """Whether any of them is from `start` on and before `end`."""
        return any(first < end and last >= start for first, last in self.runs)


@dataclass(frozen=True, slots=True)
class Retired:
    """A month that left. `bundle`: SHA-256, in hex, of the file that it was exported to first."""

    month: str
    at: str
    asked_by: str
    by: str
    order: str
    bundle: str
    places: tuple[tuple[int, int], ...]

    @property
    def entries(self) -> int:
        return len(Places(self.places))

    def __str__(self) -> str:
        return (
            f"{self.entries:,} entries of {self.month}: retired on {self.at[:10]} by {self.by}, "
            f"asked by {self.asked_by}, under “{self.order}”."
        )


def signed(retired: Retired, signer: Signer) -> str:
    """The note that says so. Its first line keeps it from being anything else the log signs."""
    words = json.dumps(asdict(retired), sort_keys=True)
    return signer.note(f"{signer.key.name} {KIND}\n{words}\n")


def opened(row: Retirement, keys: Sequence[Key]) -> Retired:
    """What a stored retirement says. Raises NotValid unless the log signed it for this month."""
    open_note(row.note, keys)
    title, _, words = text_of(row.note).partition("\n")
    if title not in {f"{key.name} {KIND}" for key in keys}:
        raise NotValid("the note is no retirement of this log")
    said = json.loads(words)
    retired = Retired(**{**said, "places": tuple((first, last) for first, last in said["places"])})
    if (retired.month, retired.entries) != (f"{row.month_from:%Y-%m}", row.entries):
        raise NotValid("the note is of another month")
    return retired


def all_retired(keys: Sequence[Key]) -> list[Retired]:
    """Every retirement, oldest first. Raises NotValid for one that is not the log's."""
    return [opened(row, keys) for row in Retirement.objects.order_by("pk")]


def places_of(retired: Iterable[Retired]) -> Places:
    return Places(run for one in retired for run in one.places)


def statement(
    month: date, places: Places, *, at: datetime, asked_by: str, by: str, order: str, bundle: str
) -> Retired:
    """What is to be signed."""
    return Retired(
        f"{month:%Y-%m}", at.isoformat(), asked_by, by, order, bundle, tuple(places.runs)
    )
