"""In what do people on two cases agree, and is it enough to suggest that the cases belong together?

Whoever decides looks at both cases; what is suggested may be wrong, but not often, or nobody looks.
"""

from collections.abc import Iterator, Mapping

from cases.enums import LinkKind, PersonRole
from cases.rules.finding import Form, Why

MEANS: Mapping[Form, Why] = {
    Form.NAME: Why.SAME_NAME,
    Form.NAME_PAIR: Why.NAME_IN_PART,
    Form.NAME_SOUND: Why.SOUNDS_ALIKE,
    Form.LAST_NAME_BIRTH: Why.LAST_NAME_BIRTH,
    Form.LAST_SOUND_BIRTH: Why.LAST_SOUND_BIRTH,
    Form.FIRST_NAME_BIRTH: Why.FIRST_NAME_BIRTH,
    Form.PHONE: Why.SAME_PHONE,
    Form.ADDRESS: Why.SAME_ADDRESS,
}
_REACHED = frozenset({Why.SAME_PHONE, Why.SAME_ADDRESS})
_LIKE = frozenset({Why.SAME_NAME, Why.NAME_IN_PART, Why.SOUNDS_ALIKE})
_BORN_ALIKE = frozenset({Why.LAST_SOUND_BIRTH, Why.FIRST_NAME_BIRTH})
_PERSONS = {"": LinkKind.VICTIM, PersonRole.SUSPECT.value: LinkKind.SUSPECT}
# Whoever reported or saw is nobody's address to compare.
_LIVES = frozenset({"", PersonRole.SUSPECT.value, PersonRole.CAREGIVER.value})


def link_kinds(
    one_role: str, other_role: str, why: frozenset[Why], *, both_born: bool
) -> Iterator[LinkKind]:
    """What to suggest of two people who agree in `why`. Role "" is the alleged victim.

    `both_born`: both have a birth date, so that its not agreeing says something.
    """
    person = _PERSONS.get(one_role) if one_role == other_role else None
    if person and _may_be_one(why, both_born=both_born):
        yield person
    if Why.SAME_ADDRESS in why and {one_role, other_role} <= _LIVES:
        yield LinkKind.ADDRESS


def _may_be_one(why: frozenset[Why], *, both_born: bool) -> bool:
    """The same name, unless the births differ; or the same birth and a last name, or like names.

    A birth date with a slip makes two of one child: a like name at one address or telephone is
    enough, whatever the dates.
    """
    if Why.SAME_NAME in why and not both_born:
        return True
    if Why.LAST_NAME_BIRTH in why or bool(why & _LIKE and why & _REACHED):
        return True
    return bool(why & _BORN_ALIKE and (why & _LIKE or why >= _BORN_ALIKE))
