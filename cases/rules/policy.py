"""Which numbers and conditions do the unit's rules go by?

A policy is data: a plain dict (from TOML or a JSON column) that `Policy.from_dict` checks and turns
into frozen objects. What is wrong with it is said in a sentence that names the key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

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
from cases.rules.calendar import Calendar, Limit
from cases.rules.parts import Part, PartsRule, read_part, read_parts
from cases.rules.policy_people import (
    AccessReviewRule,
    ExpungingRule,
    FindingRule,
    HandingOverRule,
    SharingRule,
    read_access_reviews,
    read_expunging,
    read_finding,
    read_handing_over,
    read_reveals,
    read_sharing,
    read_unusual_reveals,
)
from cases.rules.reading import (
    Parse,
    PolicyError,
    Table,
    read_count,
    read_flag,
    read_items,
    read_limit,
    read_limits,
    read_one,
    read_real_limit,
    read_set,
    read_severity,
    read_share,
    read_text,
)
from cases.rules.reveals import RevealRule, UnusualRevealsRule

__all__ = ["Calendar", "Circumstances", "ClockRule", "Element", "Limit", "Policy", "PolicyError"]

SCHEMA = 1
NAMED_SUSPECT = "named_suspect"


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
    """Something a report must say, where it must, and why. `number` 0: by channel or class.

    `part`: what partners read it with; none does where it is None.
    """

    code: str
    label: str
    why: str
    number: int = 0
    critical: bool = False
    critical_when: tuple[When, ...] = ()
    when: tuple[When, ...] = ()
    except_classes: frozenset[OffenseClass] = frozenset()
    part: Part | None = None

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
    unusual_reveals: UnusualRevealsRule
    reveals: RevealRule
    finding: FindingRule
    expunging: ExpungingRule
    handing_over: HandingOverRule
    access_reviews: AccessReviewRule
    sharing: SharingRule
    parts: PartsRule
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


_kinds: Parse[frozenset[ResponseKind]] = partial(read_set, ResponseKind)
_classes: Parse[frozenset[OffenseClass]] = partial(read_set, OffenseClass)
_channels: Parse[frozenset[Channel]] = partial(read_set, Channel)


def _when(value: object, path: str) -> When:
    table = Table(value, path)
    when = When(
        channels=table.may("channels", _channels, frozenset()),
        classes=table.may("classes", _classes, frozenset()),
        serious_injury=table.may("serious_injury", read_flag, None),
        child_witness=table.may("child_witness", read_flag, None),
    )
    table.close()
    if when == When():
        raise PolicyError(f"{path} must name at least one condition.")
    return when


_whens: Parse[tuple[When, ...]] = partial(read_items, _when)


def _clock(value: object, path: str) -> ClockRule:
    table = Table(value, path)
    rule = ClockRule(
        limit=table.need("limit", read_limit),
        severity=table.need("severity", read_severity),
        source=table.may("source", read_text, ""),
        by_priority=table.may("by_priority", partial(read_limits, Priority), None),
        first_limit=table.may("first_limit", read_limit, None),
        by_state=table.may("by_state", partial(read_limits, CaseState), None),
        started_by=table.may("started_by", _kinds, frozenset()),
        met_by=table.may("met_by", _kinds, frozenset()),
        first_response=table.may("first_response", _kinds, frozenset()),
        applies_when=table.may("applies_when", _whens, ()),
    )
    table.close()
    return rule


def _clocks(value: object, path: str) -> Mapping[ClockKind, ClockRule]:
    table = Table(value, path)
    rules = {kind: table.need(kind.value, _clock) for kind in ClockKind}
    table.close()
    return rules


def _element(value: object, path: str) -> Element:
    table = Table(value, path)
    element = Element(
        code=table.need("code", read_text),
        label=table.need("label", read_text),
        why=table.need("why", read_text),
        number=table.may("number", read_count, 0),
        critical=table.may("critical", read_flag, False),  # noqa: FBT003
        critical_when=table.may("critical_when", _whens, ()),
        when=table.may("when", _whens, ()),
        except_classes=table.may("except_classes", _classes, frozenset()),
        part=table.may("part", read_part, None),
    )
    table.close()
    return element


def _elements(value: object, path: str) -> tuple[Element, ...]:
    elements = read_items(_element, value, path)
    seen: set[str] = set()
    for element in elements:
        if element.code in seen:
            raise PolicyError(f"{path}: the code {element.code} stands there twice.")
        seen.add(element.code)
    return elements


def _under_documented(value: object, path: str) -> UnderDocumentedRule:
    table = Table(value, path)
    rule = UnderDocumentedRule(
        missing_elements=table.need("missing_elements", read_count),
        any_critical_element=table.need("any_critical_element", read_flag),
        narrative_characters=table.need("narrative_characters", read_count),
        severity=table.need("severity", read_severity),
    )
    table.close()
    return rule


def _copied(value: object, path: str) -> CopiedRule:
    table = Table(value, path)
    rule = CopiedRule(
        narrative_characters=table.need("narrative_characters", read_count),
        similarity=table.need("similarity", read_share),
        kinds=table.need("kinds", _kinds),
        severity=table.need("severity", read_severity),
    )
    table.close()
    return rule


def _closed_incomplete(value: object, path: str) -> ClosedIncompleteRule:
    table = Table(value, path)
    rule = ClosedIncompleteRule(
        signature_within=table.need("signature_within", read_real_limit),
        severity=table.need("severity", read_severity),
    )
    table.close()
    return rule


def _backfilled(value: object, path: str) -> BackfilledRule:
    table = Table(value, path)
    rule = BackfilledRule(
        entries=table.need("entries", read_count),
        late_by=table.need("late_by", read_real_limit),
        entered_within=table.need("entered_within", read_real_limit),
        severity=table.need("severity", read_severity),
    )
    table.close()
    return rule


def _overloaded(value: object, path: str) -> OverloadedRule:
    table = Table(value, path)
    rule = OverloadedRule(
        open_cases=table.need("open_cases", read_count),
        handed_over=table.need("handed_over", read_count),
        handed_over_within=table.need("handed_over_within", read_real_limit),
        severity=table.need("severity", read_severity),
    )
    table.close()
    return rule


def _requirement(value: object, path: str) -> str:
    if value == NAMED_SUSPECT:
        return NAMED_SUSPECT
    return read_one(ResponseKind, value, path).value


def _dispositions(value: object, path: str) -> Mapping[Disposition, tuple[str, ...]]:
    """One that is left out can't be chosen here; only an import brings it along."""
    table = Table(value, path)
    return {
        read_one(Disposition, key, path): table.need(key, partial(read_items, _requirement))
        for key in table.left()
    }


def _escalation(value: object, path: str) -> tuple[Step, ...]:
    steps = read_items(partial(read_one, Step), value, path)
    if not steps or len(set(steps)) != len(steps):
        raise PolicyError(f"{path} must name at least one step, and none twice.")
    return steps


def _schema(value: object, path: str) -> int:
    if value != SCHEMA:
        raise PolicyError(f"{path} must be {SCHEMA}: this policy was made for another version.")
    return SCHEMA


def _policy(value: object, path: str) -> Policy:
    table = Table(value, path)
    table.need("schema", _schema)
    flags = table.need("flags", Table)
    policy = Policy(
        clocks=table.need("clocks", _clocks),
        under_documented=flags.need("under_documented", _under_documented),
        copied_narrative=flags.need("copied_narrative", _copied),
        closed_incomplete=flags.need("closed_incomplete", _closed_incomplete),
        backfilled=flags.need("backfilled", _backfilled),
        overloaded=flags.need("overloaded", _overloaded),
        unusual_reveals=flags.need("unusual_reveals", read_unusual_reveals),
        reveals=table.need("reveals", read_reveals),
        finding=table.need("finding", read_finding),
        expunging=table.need("expunging", read_expunging),
        handing_over=table.need("handing_over", read_handing_over),
        access_reviews=table.need("access_reviews", read_access_reviews),
        sharing=table.need("sharing", read_sharing),
        parts=table.need("parts", read_parts),
        dispositions=table.need("dispositions", _dispositions),
        elements=table.need("elements", _elements),
        escalation=table.need("escalation", _escalation),
    )
    flags.close()
    table.close()
    return policy
