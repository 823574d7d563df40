"""When and around what do tests happen? Fixed instants and neutral words; nothing here is real."""

from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 3, 11, 15, 0, tzinfo=UTC)
PASSWORD = "invented-for-tests-only"

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# Said of nobody. Long enough for the narrative rule (400 characters).
NARRATIVE = (
    "The reporting officer was dispatched and met the caregiver at the address given. The alleged "
    "victim was seen in a separate room and asked only for the minimal facts. The scene was "
    "photographed and body-worn video is on file. No injury was observed. Other children in the "
    "home were seen and appeared well. The agency was notified and a call id was recorded. The "
    "suspect's present access to the child was discussed with the caregiver, who agreed to a "
    "safety plan. A forensic interview was requested and the next action was assigned."
)
