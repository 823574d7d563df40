"""Is the list of events closed, and fit to be stored for good?"""

import re

from audit.events import Event, event_choices
from audit.models import Entry


def test_every_event_fits_the_column_and_its_constraint() -> None:
    limit = Entry._meta.get_field("event").max_length or 0

    misfits = [
        event for event in Event if len(event) > limit or not re.fullmatch("[a-z][a-z_]+", event)
    ]

    assert misfits == []


def test_every_event_is_said_in_words() -> None:
    labels = [label for _, label in event_choices()]

    assert len(set(labels)) == len(Event)
    assert all(label[0].isupper() and "_" not in label for label in labels)
