"""What does a partner read of a case, by their discipline? In words, for whoever lets one in."""

from dataclasses import dataclass

from cases.access import Reading
from cases.enums import Discipline
from cases.rules.parts import Part
from cases.selectors.policy import current_policy


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part, and for every discipline, in the order of `disciplines`, whether it is read."""

    label: str
    cells: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class PartsTable:
    disciplines: tuple[str, ...]
    rows: tuple[PartRow, ...]


def words_of(reading: Reading) -> tuple[str, ...]:
    """The parts that are read, in the order of the table."""
    return tuple(part.label for part in Part if part in reading)


def parts_table() -> PartsTable:
    """By the rules in force."""
    read_by = current_policy().parts.read_by
    return PartsTable(
        tuple(str(one.label) for one in Discipline),
        tuple(
            PartRow(
                part.label,
                tuple((str(one.label), part in read_by[one]) for one in Discipline),
            )
            for part in Part
        ),
    )
