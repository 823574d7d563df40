"""May a password be any text, as long as it is good, and does it count exactly as it was typed?"""

import pytest
from django.test import Client
from django.urls import reverse

from cases.enums import RoleCode
from cases.models import Account
from tests.cases.pages import Desk, signed_in
from tests.factories import PASSWORD, AccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

LONG = "lantern gravel otter piano " * 20
SPACED = "  Lantern Gravel ÖTTER piano  "


def _change(account: Account, new: str) -> int:
    client = signed_in(account)
    form = {"password": new, "again": new, "_password_again": PASSWORD}
    return int(client.post(reverse("password"), form).status_code)


def test_a_password_is_masked_and_may_be_pasted(desk: Desk) -> None:
    stranger = Client()
    stranger.post(reverse("sign-in"), {"acknowledge": "on"})
    shown = [
        stranger.get(reverse("sign-in")).content.decode(),
        desk.as_detective.get(reverse("password")).content.decode(),
    ]

    for page in shown:
        fields = [tag for tag in page.split("<input") if 'name="password"' in tag]
        assert len(fields) == 1
        assert 'type="password"' in fields[0]
        assert "autocomplete=" in fields[0]
        assert 'autocomplete="off"' not in fields[0]
        assert "readonly" not in fields[0]


def test_a_password_may_be_long() -> None:
    account = AccountFactory.create(role=RoleCode.DETECTIVE)

    assert len(LONG) > 500
    assert _change(account, LONG) == 302
    account.refresh_from_db()
    assert account.check_password(LONG)
    assert not account.check_password(LONG[:-1])


def test_a_password_counts_as_it_was_typed() -> None:
    account = AccountFactory.create(role=RoleCode.DETECTIVE)
    _change(account, SPACED)
    account.refresh_from_db()

    assert account.check_password(SPACED)
    for other in (SPACED.strip(), SPACED.lower(), SPACED.replace("Ö", "O")):
        assert not account.check_password(other)
