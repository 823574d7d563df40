"""Where in a text is a person of the case named? For texts that nobody has redacted yet."""

from cases.models import Case
from cases.rules.redaction import Redactor
from cases.services.narratives import known_people

Places = tuple[tuple[int, int], ...]


class People:
    """The case's people, opened once, to be found in many texts."""

    def __init__(self, case: Case) -> None:
        self._redactor = Redactor(known_people(case))

    def named_in(self, text: str) -> Places:
        """From where to where somebody is named, in the order of the text."""
        return tuple((one.start, one.end) for one in self._redactor.mentions(text))
