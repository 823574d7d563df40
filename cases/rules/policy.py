"""Which numbers and conditions do the unit's rules go by?

A policy is data: a plain dict (from TOML or a JSON column) that `Policy.from_dict` checks and turns
into frozen objects. What is wrong with it is said in a sentence that names the key.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any, TypeVar

from cases.enums import (
    CaseState,
    Channel,
    ClockKind,
    Disposition,
    OffenseClass,
    Priority,
    ResponseKind,
    Step,
)
from cases.rules.calendar import Calendar, Limit, Unit

__all__ = ["Calendar", "Circumstances", "ClockRule", "Element", "Limit", "Policy", "PolicyError"]

SCHEMA = 1
NAMED_SUSPECT = "named_suspect"
GRAVEST = 5

_T = TypeVar("_T")
_E = TypeVar("_E", bound=Enum)
_Parse = Callable[[object, str], _T]


class PolicyError(ValueError):
    """The policy data can't be used; the message names the key and says what is expected there."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What about a case decides which rules apply to it."""

    channel: Channel
    offense_class: OffenseClass
    serious_injury: bool = False
    child_witness: bool = False


@dataclass(frozen=True, slots=True)
class When:
    """A condition: everything it names must hold. What it leaves open does not matter."""

    channels: frozenset[Channel] = frozenset()
    classes: frozenset[OffenseClass] = frozenset()
    serious_injury: bool | None = None
    child_witness: bool | None = None

    def holds(self, case: Circumstances) -> bool:
        return (
            (not self.channels or case.channel in self.channels)
            and (not self.classes or case.offense_class in self.classes)
            and self.serious_injury in (None, case.serious_injury)
            and self.child_witness in (None, case.child_witness)
        )


def _any_holds(alternatives: tuple[When, ...], case: Circumstances) -> bool:
    return any(when.holds(case) for when in alternatives)


@dataclass(frozen=True, slots=True)
class ClockRule:
    """How long one kind of clock runs, what starts and what meets it, and on which cases."""

    limit: Limit
    severity: int
    source: str = ""
    by_priority: Mapping[Priority, Limit] | None = None
    first_limit: Limit | None = None
    by_state: Mapping[CaseState, Limit] | None = None
    started_by: frozenset[ResponseKind] = frozenset()
    met_by: frozenset[ResponseKind] = frozenset()
    first_response: frozenset[ResponseKind] = frozenset()
    applies_when: tuple[When, ...] = ()

    def applies(self, case: Circumstances) -> bool:
        return not self.applies_when or _any_holds(self.applies_when, case)


@dataclass(frozen=True, slots=True)
class Element:
    """Something a report must say, where it must, and why. `number` 0: by channel or class."""

    code: str
    label: str
    why: str
    number: int = 0
    critical: bool = False
    critical_when: tuple[When, ...] = ()
    when: tuple[When, ...] = ()
    except_classes: frozenset[OffenseClass] = frozenset()

    def is_required(self, case: Circumstances) -> bool:
        if case.offense_class in self.except_classes:
            return False
        return not self.when or _any_holds(self.when, case)

    def is_critical(self, case: Circumstances) -> bool:
        return self.critical or _any_holds(self.critical_when, case)


@dataclass(frozen=True, slots=True)
class UnderDocumentedRule:
    missing_elements: int
    any_critical_element: bool
    narrative_characters: int
    severity: int


@dataclass(frozen=True, slots=True)
class CopiedRule:
    narrative_characters: int
    similarity: float
    kinds: frozenset[ResponseKind]
    severity: int


@dataclass(frozen=True, slots=True)
class ClosedIncompleteRule:
    signature_within: Limit
    severity: int


@dataclass(frozen=True, slots=True)
class BackfilledRule:
    entries: int
    late_by: Limit
    entered_within: Limit
    severity: int


@dataclass(frozen=True, slots=True)
class OverloadedRule:
    open_cases: int
    handed_over: int
    handed_over_within: Limit
    severity: int


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of all the unit's rules."""

    clocks: Mapping[ClockKind, ClockRule]
    under_documented: UnderDocumentedRule
    copied_narrative: CopiedRule
    closed_incomplete: ClosedIncompleteRule
    backfilled: BackfilledRule
    overloaded: OverloadedRule
    dispositions: Mapping[Disposition, tuple[str, ...]]
    elements: tuple[Element, ...]
    escalation: tuple[Step, ...]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Policy":
        """The policy that `data` describes.

        Raises:
            PolicyError: a key is missing, unknown, or holds something it can't.
        """
        return _policy(data, "policy")

    def elements_for(self, case: Circumstances) -> tuple[Element, ...]:
        """The elements a report on such a case must settle, in the order they are asked."""
        return tuple(element for element in self.elements if element.is_required(case))


class _Table:
    """Reads one table of the data key by key, and complains about keys that nobody read."""

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, Mapping):
            raise PolicyError(f"{path} must be a table of keys and values.")
        self._left: dict[str, object] = {str(key): item for key, item in value.items()}
        self._path = path

    def need(self, key: str, parse: _Parse[_T]) -> _T:
        if key not in self._left:
            raise PolicyError(f"{self._path}.{key} is missing.")
        return parse(self._left.pop(key), f"{self._path}.{key}")

    def may(self, key: str, parse: _Parse[_T], default: _T) -> _T:
        return self.need(key, parse) if key in self._left else default

    def left(self) -> tuple[str, ...]:
        return tuple(self._left)

    def close(self) -> None:
        if self._left:
            raise PolicyError(f"{self._path}.{min(self._left)} is not a key of the policy.")


def _text(value: object, path: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise PolicyError(f"{path} must be a text that is not empty.")
    return value


def _flag(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise PolicyError(f"{path} must be true or false.")
    return value


def _count(value: object, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise PolicyError(f"{path} must be a whole number of 1 or more.")
    return value


def _severity(value: object, path: str) -> int:
    severity = _count(value, path)
    if severity > GRAVEST:
        raise PolicyError(f"{path} must be a whole number from 1 to {GRAVEST}.")
    return severity


def _share(value: object, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise PolicyError(f"{path} must be a number above 0 and at most 1.")
    return float(value)


def _limit(value: object, path: str) -> Limit:
    units = ", ".join(Unit)
    if not isinstance(value, Mapping) or len(value) != 1:
        raise PolicyError(f"{path} must name exactly one of {units}.")
    ((unit, amount),) = value.items()
    if unit not in list(Unit):
        raise PolicyError(f"{path} must name one of {units}, not {unit}.")
    return Limit(_count(amount, f"{path}.{unit}"), Unit(unit))


def _real_limit(value: object, path: str) -> Limit:
    limit = _limit(value, path)
    if limit.unit is Unit.BUSINESS_DAYS:
        raise PolicyError(f"{path} must be in hours or days.")
    return limit


def _one_of(choices: type[_E], value: object, path: str) -> _E:
    try:
        return choices(value)
    except ValueError:
        known = ", ".join(str(choice.value) for choice in choices if choice.value)
        raise PolicyError(f"{path}: {value!r} is not one of {known}.") from None


def _items(parse: _Parse[_T], value: object, path: str) -> tuple[_T, ...]:
    if not isinstance(value, list | tuple):
        raise PolicyError(f"{path} must be a list.")
    return tuple(parse(item, f"{path}[{index}]") for index, item in enumerate(value))


def _set_of(choices: type[_E], value: object, path: str) -> frozenset[_E]:
    return frozenset(_items(partial(_one_of, choices), value, path))


def _limits_by(choices: type[_E], value: object, path: str) -> Mapping[_E, Limit]:
    table = _Table(value, path)
    return {_one_of(choices, key, path): table.need(key, _limit) for key in table.left()}


_kinds: _Parse[frozenset[ResponseKind]] = partial(_set_of, ResponseKind)
_classes: _Parse[frozenset[OffenseClass]] = partial(_set_of, OffenseClass)
_channels: _Parse[frozenset[Channel]] = partial(_set_of, Channel)


def _when(value: object, path: str) -> When:
    table = _Table(value, path)
    when = When(
        channels=table.may("channels", _channels, frozenset()),
        classes=table.may("classes", _classes, frozenset()),
        serious_injury=table.may("serious_injury", _flag, None),
        child_witness=table.may("child_witness", _flag, None),
    )
    table.close()
    if when == When():
        raise PolicyError(f"{path} must name at least one condition.")
    return when


_whens: _Parse[tuple[When, ...]] = partial(_items, _when)


def _clock(value: object, path: str) -> ClockRule:
    table = _Table(value, path)
    rule = ClockRule(
        limit=table.need("limit", _limit),
        severity=table.need("severity", _severity),
        source=table.may("source", _text, ""),
        by_priority=table.may("by_priority", partial(_limits_by, Priority), None),
        first_limit=table.may("first_limit", _limit, None),
        by_state=table.may("by_state", partial(_limits_by, CaseState), None),
        started_by=table.may("started_by", _kinds, frozenset()),
        met_by=table.may("met_by", _kinds, frozenset()),
        first_response=table.may("first_response", _kinds, frozenset()),
        applies_when=table.may("applies_when", _whens, ()),
    )
    table.close()
    return rule


def _clocks(value: object, path: str) -> Mapping[ClockKind, ClockRule]:
    table = _Table(value, path)
    rules = {kind: table.need(kind.value, _clock) for kind in ClockKind}
    table.close()
    return rules


def _element(value: object, path: str) -> Element:
    table = _Table(value, path)
    element = Element(
        code=table.need("code", _text),
        label=table.need("label", _text),
        why=table.need("why", _text),
        number=table.may("number", _count, 0),
        critical=table.may("critical", _flag, False),  # noqa: FBT003
        critical_when=table.may("critical_when", _whens, ()),
        when=table.may("when", _whens, ()),
        except_classes=table.may("except_classes", _classes, frozenset()),
    )
    table.close()
    return element


def _elements(value: object, path: str) -> tuple[Element, ...]:
    elements = _items(_element, value, path)
    seen: set[str] = set()
    for element in elements:
        if element.code in seen:
            raise PolicyError(f"{path}: the code {element.code} stands there twice.")
        seen.add(element.code)
    return elements


def _under_documented(value: object, path: str) -> UnderDocumentedRule:
    table = _Table(value, path)
    rule = UnderDocumentedRule(
        missing_elements=table.need("missing_elements", _count),
        any_critical_element=table.need("any_critical_element", _flag),
        narrative_characters=table.need("narrative_characters", _count),
        severity=table.need("severity", _severity),
    )
    table.close()
    return rule


def _copied(value: object, path: str) -> CopiedRule:
    table = _Table(value, path)
    rule = CopiedRule(
        narrative_characters=table.need("narrative_characters", _count),
        similarity=table.need("similarity", _share),
        kinds=table.need("kinds", _kinds),
        severity=table.need("severity", _severity),
    )
    table.close()
    return rule


def _closed_incomplete(value: object, path: str) -> ClosedIncompleteRule:
    table = _Table(value, path)
    rule = ClosedIncompleteRule(
        signature_within=table.need("signature_within", _real_limit),
        severity=table.need("severity", _severity),
    )
    table.close()
    return rule


def _backfilled(value: object, path: str) -> BackfilledRule:
    table = _Table(value, path)
    rule = BackfilledRule(
        entries=table.need("entries", _count),
        late_by=table.need("late_by", _real_limit),
        entered_within=table.need("entered_within", _real_limit),
        severity=table.need("severity", _severity),
    )
    table.close()
    return rule


def _overloaded(value: object, path: str) -> OverloadedRule:
    table = _Table(value, path)
    rule = OverloadedRule(
        open_cases=table.need("open_cases", _count),
        handed_over=table.need("handed_over", _count),
        handed_over_within=table.need("handed_over_within", _real_limit),
        severity=table.need("severity", _severity),
    )
    table.close()
    return rule


def _requirement(value: object, path: str) -> str:
    if value == NAMED_SUSPECT:
        return NAMED_SUSPECT
    return _one_of(ResponseKind, value, path).value


def _dispositions(value: object, path: str) -> Mapping[Disposition, tuple[str, ...]]:
    """One that is left out can't be chosen here; only an import brings it along."""
    table = _Table(value, path)
    return {
        _one_of(Disposition, key, path): table.need(key, partial(_items, _requirement))
        for key in table.left()
    }


def _escalation(value: object, path: str) -> tuple[Step, ...]:
    steps = _items(partial(_one_of, Step), value, path)
    if not steps or len(set(steps)) != len(steps):
        raise PolicyError(f"{path} must name at least one step, and none twice.")
    return steps


def _schema(value: object, path: str) -> int:
    if value != SCHEMA:
        raise PolicyError(f"{path} must be {SCHEMA}: this policy was made for another version.")
    return SCHEMA


def _policy(value: object, path: str) -> Policy:
    table = _Table(value, path)
    table.need("schema", _schema)
    flags = table.need("flags", _Table)
    policy = Policy(
        clocks=table.need("clocks", _clocks),
        under_documented=flags.need("under_documented", _under_documented),
        copied_narrative=flags.need("copied_narrative", _copied),
        closed_incomplete=flags.need("closed_incomplete", _closed_incomplete),
        backfilled=flags.need("backfilled", _backfilled),
        overloaded=flags.need("overloaded", _overloaded),
        dispositions=table.need("dispositions", _dispositions),
        elements=table.need("elements", _elements),
        escalation=table.need("escalation", _escalation),
    )
    flags.close()
    table.close()
    return policy
