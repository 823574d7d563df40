"""How is the unit's policy read? Key by key, and what is wrong is said by the name of the key."""

from collections.abc import Callable, Mapping
from enum import Enum
from functools import partial
from typing import TypeVar

from cases.rules.calendar import Limit, Unit

GRAVEST = 5

T = TypeVar("T")
E = TypeVar("E", bound=Enum)
Parse = Callable[[object, str], T]


class PolicyError(ValueError):
    """The policy data can't be used; the message names the key and says what is expected there."""


class Table:
    """Reads one table of the data key by key, and complains about keys that nobody read."""

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, Mapping):
            raise PolicyError(f"{path} must be a table of keys and values.")
        self._left: dict[str, object] = {str(key): item for key, item in value.items()}
        self._path = path

    def need(self, key: str, parse: Parse[T]) -> T:
        if key not in self._left:
            raise PolicyError(f"{self._path}.{key} is missing.")
        return parse(self._left.pop(key), f"{self._path}.{key}")

    def may(self, key: str, parse: Parse[T], default: T) -> T:
        return self.need(key, parse) if key in self._left else default

    def left(self) -> tuple[str, ...]:
        return tuple(self._left)

    def close(self) -> None:
        if self._left:
            raise PolicyError(f"{self._path}.{min(self._left)} is not a key of the policy.")


def read_text(value: object, path: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise PolicyError(f"{path} must be a text that is not empty.")
    return value


def read_flag(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise PolicyError(f"{path} must be true or false.")
    return value


def read_count(value: object, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise PolicyError(f"{path} must be a whole number of 1 or more.")
    return value


def read_severity(value: object, path: str) -> int:
    severity = read_count(value, path)
    if severity > GRAVEST:
        raise PolicyError(f"{path} must be a whole number from 1 to {GRAVEST}.")
    return severity


def read_share(value: object, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise PolicyError(f"{path} must be a number above 0 and at most 1.")
    return float(value)


def read_limit(value: object, path: str) -> Limit:
    units = ", ".join(Unit)
    if not isinstance(value, Mapping) or len(value) != 1:
        raise PolicyError(f"{path} must name exactly one of {units}.")
    ((unit, amount),) = value.items()
    if unit not in list(Unit):
        raise PolicyError(f"{path} must name one of {units}, not {unit}.")
    return Limit(read_count(amount, f"{path}.{unit}"), Unit(unit))


def read_real_limit(value: object, path: str) -> Limit:
    limit = read_limit(value, path)
    if limit.unit is Unit.BUSINESS_DAYS:
        raise PolicyError(f"{path} must be in hours or days.")
    return limit


def read_one(choices: type[E], value: object, path: str) -> E:
    try:
        return choices(value)
    except ValueError:
        known = ", ".join(str(choice.value) for choice in choices if choice.value)
        raise PolicyError(f"{path}: {value!r} is not one of {known}.") from None


def read_items(parse: Parse[T], value: object, path: str) -> tuple[T, ...]:
    if not isinstance(value, list | tuple):
        raise PolicyError(f"{path} must be a list.")
    return tuple(parse(item, f"{path}[{index}]") for index, item in enumerate(value))


def read_set(choices: type[E], value: object, path: str) -> frozenset[E]:
    return frozenset(read_items(partial(read_one, choices), value, path))


def read_limits(choices: type[E], value: object, path: str) -> Mapping[E, Limit]:
    table = Table(value, path)
    return {read_one(choices, key, path): table.need(key, read_limit) for key in table.left()}
