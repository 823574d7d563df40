"""What do tests of pages stand on? Two people of one squad, each signed in at their desk."""

import html
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from django.utils.crypto import get_random_string

from cases.models import Account, Case, Squad
from tests.factories import AssignmentFactory, CaseFactory

MAX_QUERIES = 15


@dataclass(frozen=True)
class Desk:
    """Two people of one squad, each with a signed-in client."""

    squad: Squad
    detective: Account
    sergeant: Account
    as_detective: Client
    as_sergeant: Client

    def held_case(self, **fields: Any) -> Case:
        """A case that the detective has and has said so."""
        case = CaseFactory.create(
            squad=self.squad,
            supervisor=self.sergeant.officer,
            open_and_held=True,
            detective=self.detective.officer,
            **fields,
        )
        AssignmentFactory.create(case=case, officer=self.detective.officer)
        return case


class Browser(Client):
    """Sends forms as a browser does: each with the key of a page just shown, unless one is given.

    `submission_key=None` in the data leaves it out.
    """

    def post(self, path: str, data: Any = None, *args: Any, **extra: Any) -> Any:  # type: ignore[override]
        if data is None or (isinstance(data, dict) and "content_type" not in extra):
            data = {"submission_key": str(uuid4()), **(data or {})}
            data = {name: value for name, value in data.items() if value is not None}
        return super().post(path, data, *args, **extra)


def signed_in(account: Account) -> Client:
    return sign_in(Browser(), account)


def sign_in(client: Client, account: Account) -> Client:
    """What `force_login` leaves, in two statements."""
    key, at = get_random_string(32, VALID_KEY_CHARS), timezone.now()
    Account.objects.filter(pk=account.pk).update(last_login=at)
    account.last_login = at
    session = {
        SESSION_KEY: str(account.pk),
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
        HASH_SESSION_KEY: account.get_session_auth_hash(),
    }
    Session.objects.create(
        session_key=key,
        session_data=SessionStore().encode(session),
        expire_date=at + timedelta(seconds=settings.SESSION_COOKIE_AGE),
    )
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    return client


def words(response: Any) -> str:
    """What a reader of the page sees, on one line."""
    body = re.sub(r"(?s)<head>.*?</head>|<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", html.unescape(body))
