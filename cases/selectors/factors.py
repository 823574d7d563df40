"""Which second factors does an account have?"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator

APP, PASSKEY, CODES = (
    Authenticator.Type.TOTP,
    Authenticator.Type.WEBAUTHN,
    Authenticator.Type.RECOVERY_CODES,
)
# Recovery codes stand in for a factor that is lost; alone they are none.
FACTORS = (APP, PASSKEY)
# Where the row of recovery codes has their hashes; a used one's place is empty.
HASHED = "hashed"


@dataclass(frozen=True, slots=True)
class Factor:
    """An authenticator app or a passkey. `name` is what its owner calls it."""

    id: int
    kind: str
    name: str
    made_at: datetime
    used_at: datetime | None


def factors_of(account_id: UUID) -> tuple[Factor, ...]:
    """Oldest first."""
    rows = Authenticator.objects.filter(user_id=account_id, type__in=FACTORS).order_by("pk")
    return tuple(
        Factor(
            row.pk,
            row.type,
            row.data["name"] if row.type == PASSKEY else "Authenticator app",
            row.created_at,
            row.last_used_at,
        )
        for row in rows
    )


def has_factor(account_id: UUID) -> bool:
    return Authenticator.objects.filter(user_id=account_id, type__in=FACTORS).exists()


def codes_left(account_id: UUID) -> int:
    """Recovery codes that were not used yet."""
    row = Authenticator.objects.filter(user_id=account_id, type=CODES).first()
    return sum(map(bool, row.data.get(HASHED, ()))) if row else 0
