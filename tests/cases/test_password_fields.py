"""May a password be any text, as long as it is good, and does it count exactly as it was typed?"""

import hashlib
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from audit.events import Event
from audit.models import Entry
from cases.enums import RoleCode
from cases.forms.passwords import BreachedValidator
from cases.models import Account
from tests.cases.pages import Desk, signed_in
from tests.factories import PASSWORD, AccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

LONG = "lantern gravel otter piano " * 20
SPACED = "  Lantern Gravel ÖTTER piano  "


def _change(account: Account, new: str, *, now: str = PASSWORD) -> int:
    client = signed_in(account)
    form = {"current": now, "password": new, "again": new}
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


def test_the_same_password_again_is_no_change() -> None:
    """Else somebody who was told to change it would leave the stolen one in place."""
    account = AccountFactory.create(role=RoleCode.DETECTIVE)
    assert _change(account, LONG) == 302
    account.refresh_from_db()

    assert _change(account, LONG, now=LONG) == 422
    assert not Entry.objects.filter(event=Event.SIGN_IN_FAILED).exists()


def test_a_password_on_a_list_of_stolen_ones_is_refused(tmp_path: Path, settings: Settings) -> None:
    """Whatever is before and after it, first and last too, and however the lines end."""
    lists = [sorted(_line(f"{word} otter piano {n}", n) for n in range(50)) for word in "ab"]
    for end, lines in (("\n", lists[0]), ("\r\n", lists[1])):
        file = tmp_path / "stolen.txt"
        file.write_text(end.join(lines) + end)
        settings.BREACHED_PASSWORDS = file
        word = "a" if lines is lists[0] else "b"
        for n in range(50):
            with pytest.raises(ValidationError, match="on a list of stolen ones"):
                BreachedValidator().validate(f"{word} otter piano {n}")
            BreachedValidator().validate(f"{word} otter piano {n}!")
    file.write_text("")
    BreachedValidator().validate(LONG)


def _line(password: str, count: int) -> str:
    digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
    return f"{digest}:{count}" if count % 3 else digest


def test_the_list_is_asked_when_a_password_is_set(tmp_path: Path, settings: Settings) -> None:
    account = AccountFactory.create(role=RoleCode.DETECTIVE)
    settings.BREACHED_PASSWORDS = tmp_path / "stolen.txt"
    settings.BREACHED_PASSWORDS.write_text(_line(LONG.strip(), 0))

    assert _change(account, LONG.strip()) == 422
    assert _change(account, LONG.strip()[:-1]) == 302
    settings.BREACHED_PASSWORDS = None
    assert _change(account, LONG, now=LONG.strip()[:-1]) == 302


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
