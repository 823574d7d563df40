"""How does the same seed tell the same stories again? One source of chance, never for secrets."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Chance in the words of the stories."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)  # noqa: S311

    def pick(self, choices: Sequence[T]) -> T:
        return self._random.choice(choices)

    def weighted(self, choices: dict[T, int]) -> T:
        """One of the keys; values are weights."""
        return self._random.choices(list(choices), list(choices.values()))[0]

    def chance(self, share: float) -> bool:
        return self._random.random() < share

    def number(self, least: int, most: int) -> int:
        return self._random.randint(least, most)

    def hours(self, least: float, most: float) -> timedelta:
        """A span to the minute."""
        return timedelta(minutes=round(60 * self._random.uniform(least, most)))

    def days(self, least: float, most: float) -> timedelta:
        return self.hours(24 * least, 24 * most)

    def shuffled(self, items: Sequence[T]) -> list[T]:
        return self._random.sample(items, len(items))
