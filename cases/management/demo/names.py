"""What are the people of the demonstration called? Made-up names, and no real place."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import product

from cases.management.demo.dice import Dice

FIRST_NAMES = (
    "Aldwenna", "Brisolde", "Corvane", "Dellimar", "Elspira", "Farrowin", "Gwendric", "Halloway",
    "Isembra", "Jorrick", "Kestrella", "Lumina", "Marzella", "Nerrith", "Ottoline", "Pellinor",
    "Quillan", "Rosamunde", "Sorrelia", "Tamsett", "Ulverine", "Vesperia", "Wystan", "Xanthera",
    "Yarrowen", "Zebulith",
)  # fmt: skip
LAST_NAMES = (
    "Ashgrovel", "Brackenby", "Cindermoor", "Dustwhistle", "Emberquist", "Fennelroth", "Gorsewick",
    "Hollowmere", "Inkerfold", "Juniperly", "Kettlebrand", "Larkspurne", "Mossgarde", "Nettlecomb",
    "Orchardine", "Pebblestrand", "Quaverlin", "Rushlightly", "Saltersby", "Thistlewend",
    "Umberlane", "Vetchley", "Wickersham-Poole", "Yewbarrow", "Zinnhofer",
)  # fmt: skip
STREETS = ("Imaginary Way", "Nowhere Court", "Invented Hollow Lane", "Made-Up Terrace")
DIVISIONS = ("North", "South", "East", "West", "Riverside")
HOSPITALS = ("Invented General Hospital", "Fictional Children's Hospital")
HOTLINE = "Children's Division hotline"

Identity = Mapping[str, str]


class Names:
    """Identities from the lists, no full name twice."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._unused: Iterator[tuple[str, str]] = iter(
            dice.shuffled(list(product(FIRST_NAMES, LAST_NAMES)))
        )

    def officer(self) -> str:
        first, last = next(self._unused)
        return f"{first} {last}"

    def child(self, received_on: date) -> Identity:
        first, last = next(self._unused)
        born_on = received_on - timedelta(days=self._dice.number(2 * 365, 16 * 365))
        return {
            "first_name": first,
            "last_name": last,
            "birth_date": born_on.isoformat(),
            "address": self._address(),
        }

    def adult(self, *, last_name: str = "") -> Identity:
        first, last = next(self._unused)
        return {
            "first_name": first,
            "last_name": last_name or last,
            "phone": f"816-555-01{self._dice.number(0, 99):02}",
            "address": self._address(),
        }

    def _address(self) -> str:
        return f"{self._dice.number(100, 9900)} {self._dice.pick(STREETS)}"
