"""Under which key are people looked for? One of its own, which opens nothing and can be replaced.

The first key writes; every configured key is asked under, so that a search finds people while the
index is rebuilt for a new one.
"""

from django.conf import settings

from cases import seal
from cases.rules.finding import VERSION, Form


def version() -> str:
    """What a token written now is made with: the key's id and the version of the forms."""
    key_id, _ = settings.BLIND_KEYS[0]
    return f"{key_id}.{VERSION}"


def token(form: Form, value: str) -> bytes:
    """The digest that is kept."""
    return seal.digest(settings.BLIND_KEYS[0][1], f"find.{form}", value)


def asked(form: Form, value: str) -> tuple[bytes, ...]:
    """The digests to ask for: one under each key that tokens may still be made with."""
    return tuple(seal.digest(key, f"find.{form}", value) for _, key in settings.BLIND_KEYS)
