"""How long does a session stand, and how long does a given password prove who sits there?

FBI CJIS Security Policy, AC-11 and AC-12: after 30 minutes without a step the session is over;
after 12 hours it is over whatever was done.
"""

import re
from datetime import datetime, timedelta

IDLE = timedelta(minutes=30)
WHOLE = timedelta(hours=12)
FRESH = timedelta(minutes=10)
UNUSED = timedelta(days=90)

# In this order: most browsers claim to be some other one as well.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone|iPad", "iOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def why_over(*, began: datetime, seen: datetime, now: datetime) -> str:
    """`idle` or `whole` when a session that began and was last used then is over; else empty."""
    if now - began >= WHOLE:
        return "whole"
    return "idle" if now - seen >= IDLE else ""


def is_fresh(proved: datetime, now: datetime) -> bool:
    """Whether who gave the password then may still be taken to sit there."""
    return now - proved < FRESH


def device_name(user_agent: str) -> str:
    """What a person calls it: Chrome on Windows. Nothing of the header itself is kept."""
    browser = _first(BROWSERS, user_agent)
    system = _first(SYSTEMS, user_agent)
    return f"{browser or 'A browser'} on {system}" if system else browser or "An unknown browser"


def _first(names: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for sign, name in names if re.search(sign, text)), "")
