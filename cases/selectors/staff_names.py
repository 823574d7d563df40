"""Which names are no secret? Those of the people and squads of the unit, and of its partners."""

from collections.abc import Iterator

from cases.models import Account, Officer, Squad
from cases.rules.redaction_known import words_of
from cases.rules.unnamed import without_names


def clear_of_names(text: str) -> str:
    """A text that belongs to no case, or goes into the audit log, without what looks like a name.

    `settings.AUDIT_CLEARED_BY` has every reason in the log go through it.
    """
    return without_names(text, staff_names)


def staff_names() -> frozenset[str]:
    """Whole names and last names, in plain form."""
    return frozenset(_plain_names())


def _plain_names() -> Iterator[str]:
    people = (
        *Officer.objects.values_list("name", flat=True),
        *Account.objects.values_list("display_name", flat=True),
    )
    for name in people:
        words = [word.plain for word in words_of(name)]
        yield " ".join(words)
        yield words[-1] if words else ""
    for name in Squad.objects.values_list("name", flat=True):
        yield " ".join(word.plain for word in words_of(name))
