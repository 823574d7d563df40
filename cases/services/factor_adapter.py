"""How does allauth keep a second factor here? Secrets sealed, and mail to nobody."""

import base64
import hashlib
import hmac
from typing import Any

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser

from cases import seal

PLACE = "second factor"


class FactorAdapter(DefaultMFAAdapter):
    """The secret of an authenticator app never rests in clear.

    Its key comes from the digest key, which stands outside the database: a copy of the tables
    makes no code. A passkey leaves a public key only.
    """

    def encrypt(self, text: str) -> str:
        return base64.b64encode(seal.encrypt(_key(), text.encode(), PLACE)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Raises `seal.Tampered`."""
        return seal.decrypt(_key(), base64.b64decode(encrypted_text), PLACE).decode()

    def get_totp_issuer(self) -> str:
        return str(settings.UNIT_NAME)

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.get_username()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": context.request.get_host().partition(":")[0], "name": settings.UNIT_NAME}

    def send_notification_mail(self, *_: Any, **__: Any) -> None:
        """Accounts have no address; the audit log and the pages tell."""


def _key() -> bytes:
    return hmac.new(settings.DIGEST_KEY, PLACE.encode(), hashlib.sha256).digest()
