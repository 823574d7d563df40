"""Who was shown what, in a test?"""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import factory
from factory.django import DjangoModelFactory

from cases.enums import RevealReason
from cases.models import Reveal
from tests.factories.base import NOW
from tests.factories.case import VictimFactory
from tests.factories.unit import AccountFactory


class RevealFactory(DjangoModelFactory[Reveal]):
    """A window on a victim that opened at `NOW`; no audit entry stands beside it, so none shows."""

    class Meta:
        model = Reveal

    account: Any = factory.SubFactory(AccountFactory)
    victim: Any = factory.SubFactory(VictimFactory)
    case: Any = factory.SelfAttribute("victim.case")
    reason_code: Any = RevealReason.INTERVIEW
    reason: Any = "Arranging the forensic interview."
    session: Any = "0" * 32
    form_token: Any = factory.LazyFunction(uuid4)
    entry_id: Any = 0
    revealed_at: Any = NOW
    masked_at: Any = factory.LazyAttribute(lambda reveal: reveal.revealed_at + timedelta(minutes=5))
