"""Who and what is a story about? Drawn by chance, unless the plot says."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.timezone import localdate

from cases.enums import Channel, OffenseClass, Priority
from cases.management.demo.dice import Dice
from cases.management.demo.names import DIVISIONS, HOSPITALS, HOTLINE, Names
from cases.management.demo.story import Story

CHANNELS = {Channel.SCENE: 30, Channel.HOTLINE: 30, Channel.WALK_IN: 22, Channel.HOSPITAL: 18}
CLASSES = {
    OffenseClass.RAPE: 16,
    OffenseClass.SODOMY: 14,
    OffenseClass.MOLESTATION: 20,
    OffenseClass.ABUSE: 20,
    OffenseClass.NEGLECT: 10,
    OffenseClass.EXPLOITATION: 8,
    OffenseClass.NON_ABUSE: 10,
    OffenseClass.UNCLASSIFIED: 2,
}
PRIORITIES = {Priority.ONE: 1, Priority.TWO: 3, Priority.THREE: 3}
NAMED_SHARE = 0.65


class Casting:
    """Makes stories that begin so long before `now`."""

    def __init__(self, dice: Dice, names: Names, now: datetime) -> None:
        self._dice = dice
        self._names = names
        self._now = now
        self._made = 0

    def story(self, lead: str, age: timedelta, **given: Any) -> Story:
        """A story of `age`; `given` are fields of `Story` that the plot decides.

        `named=True` or `False` decides whether there is a named suspect.
        """
        self._made += 1
        dice, received_at = self._dice, self._now - age
        drawn = dice.chance(NAMED_SHARE)
        named = given.pop("named", None)
        channel = given.get("channel") or dice.weighted(CHANNELS)
        fields: dict[str, Any] = {
            "channel": channel,
            "offense_class": dice.weighted(CLASSES),
            "priority": dice.weighted(PRIORITIES) if channel == Channel.HOTLINE else Priority.NONE,
            "division": dice.pick(DIVISIONS),
            "child_witness": dice.chance(0.06),
            **self._people(received_at, named=drawn if named is None else named),
            **self._referral(channel, received_at),
            **given,
        }
        if fields["offense_class"] == OffenseClass.ABUSE:
            fields.setdefault("serious_injury", dice.chance(0.3))
        return Story(received_at=received_at, lead=lead, **fields)

    def _people(self, received_at: datetime, *, named: bool) -> Mapping[str, Any]:
        child = self._names.child(localdate(received_at))
        return {
            "child": child,
            "caregiver": self._names.adult(last_name=child["last_name"]),
            "reporter": self._names.adult(),
            "suspect": self._names.adult() if named else None,
        }

    def _referral(self, channel: Channel, received_at: datetime) -> Mapping[str, str]:
        if channel not in {Channel.HOTLINE, Channel.HOSPITAL}:
            return {}
        sender = HOTLINE if channel == Channel.HOTLINE else self._dice.pick(HOSPITALS)
        reference = f"DEMO-{received_at:%y%m%d}-{self._made:04}"
        return {"organization": sender, "reference": reference}
