"""Does production refuse to start without its secrets, and never repeat one?"""

import base64
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from caseunit.settings import environment
from tests.test_run.conftest import CHECKOUT


def key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


ZEROS = base64.b64encode(bytes(32)).decode()
COMPLETE = {
    "CASEUNIT_SECRET_KEY": secrets.token_urlsafe(64),
    "CASEUNIT_SEAL_KEYS": f"k2:{key()},k1:{key()}",
    "CASEUNIT_DIGEST_KEY": key(),
    "CASEUNIT_AUDIT_KEY": key(),
    "CASEUNIT_BLIND_KEYS": f"b1:{key()}",
    "CASEUNIT_SHRED_STORE": "/nowhere/shreds/shred.keys",
    "DATABASE_URL": "postgres://someone:something@nowhere/caseunit",
    "REDIS_URL": "redis://nowhere:6379/0",
}


def start(variables: dict[str, str], then: str = "") -> subprocess.CompletedProcess[str]:
    code = f"from caseunit.settings import base{then}"
    return subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], **variables},
    )


def test_production_starts_with_all_of_them() -> None:
    result = start(COMPLETE, "; print(base.DEBUG, base.SESSION_COOKIE_SECURE, base.ALLOWED_HOSTS)")

    assert result.stdout == "False True []\n", result.stderr


def test_production_never_works_with_one_database_role() -> None:
    result = start(COMPLETE, ", dev; print(base.ONE_DATABASE_ROLE, dev.ONE_DATABASE_ROLE)")

    assert result.stdout == "False True\n", result.stderr


def test_cookies_are_this_hosts_alone() -> None:
    """Browsers take a cookie of this prefix over TLS only, from this host, for every path."""
    names = "base.SESSION_COOKIE_NAME, base.CSRF_COOKIE_NAME, base.DEVICE_COOKIE_NAME"
    flags = "base.SESSION_COOKIE_SECURE, base.CSRF_COOKIE_SECURE, base.SESSION_COOKIE_HTTPONLY"
    result = start(COMPLETE, f"; print(all(n.startswith('__Host-') for n in ({names})), {flags})")

    assert result.stdout == "True True True True\n", result.stderr


def test_production_speaks_tls_for_a_year() -> None:
    wanted = (
        "base.SECURE_SSL_REDIRECT, base.SECURE_HSTS_SECONDS, base.SECURE_HSTS_INCLUDE_SUBDOMAINS"
    )
    result = start(COMPLETE, f"; print({wanted}, base.SECURE_PROXY_SSL_HEADER)")

    assert result.stdout == "True 31536000 True None\n", result.stderr


@pytest.mark.parametrize("name", sorted(COMPLETE))
def test_production_refuses_to_start_without_one(name: str) -> None:
    rest = {other: value for other, value in COMPLETE.items() if other != name}

    result = start(rest)

    assert result.returncode == 1
    assert f"{name} is not set. Set it, or set {name}_FILE" in result.stderr
    assert not [value for value in rest.values() if value in result.stderr]


@pytest.mark.parametrize("other", ["CASEUNIT_SEAL_KEYS", "CASEUNIT_BLIND_KEYS"])
def test_no_key_does_two_things(other: str) -> None:
    same = COMPLETE["CASEUNIT_AUDIT_KEY"]

    result = start(COMPLETE | {other: f"x1:{same}"})

    assert result.returncode != 0
    assert f"{other} and CASEUNIT_AUDIT_KEY hold the same key" in result.stderr
    assert same not in result.stderr


def test_people_are_searched_by_another_key_than_the_one_that_opens_them() -> None:
    sealing = COMPLETE["CASEUNIT_SEAL_KEYS"].partition(",")[0]

    result = start(COMPLETE | {"CASEUNIT_BLIND_KEYS": sealing})

    assert "CASEUNIT_SEAL_KEYS and CASEUNIT_BLIND_KEYS hold the same key" in result.stderr


def test_the_owner_is_known_where_it_was_told_and_nowhere_else() -> None:
    asks = "; print(base.APPLICATION_ROLE, base.OWNER_DATABASE and base.OWNER_DATABASE['USER'])"
    owner = {"CASEUNIT_OWNER_DATABASE_URL": "postgres://owner:something@nowhere/caseunit"}

    assert start(COMPLETE, asks).stdout == "someone None\n"
    assert start(COMPLETE | owner, asks).stdout == "someone owner\n"


def test_an_owner_s_file_that_is_not_there_stops_the_start() -> None:
    result = start(COMPLETE | {"CASEUNIT_OWNER_DATABASE_URL_FILE": "/nowhere/owner"})

    assert "CASEUNIT_OWNER_DATABASE_URL_FILE names a file that can't be read" in result.stderr


def test_a_list_of_stolen_passwords_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    """Named and missing, it would let every password through."""
    there = tmp_path / "stolen.txt"
    there.touch()
    name = "CASEUNIT_BREACHED_PASSWORDS_PATH"

    for path, starts in ((there, True), (tmp_path / "none.txt", False), (Path("x.txt"), False)):
        result = start({**COMPLETE, name: str(path)})
        assert (result.returncode == 0) is starts, result.stderr
        assert starts or name in result.stderr


def test_secrets_are_read_from_files(tmp_path: Path) -> None:
    files = {}
    for name, value in COMPLETE.items():
        (tmp_path / name).write_text(f"{value}\n")
        files[f"{name}_FILE"] = str(tmp_path / name)

    result = start(files, "; print(base.SECRET_KEY, base.SEAL_KEYS[0][0])")

    assert result.stdout == f"{COMPLETE['CASEUNIT_SECRET_KEY']} k2\n", result.stderr


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "holds no key"),
        ("k1", "each key reads keyid:base64"),
        ("k 1:AAAA", "each key reads keyid:base64"),
        ("k1:not base64!", "is not base64"),
        ("k1:" + base64.b64encode(b"x" * 31).decode(), "must be 32 bytes in base64, not 31"),
        ("k1:" + base64.b64encode(b"x" * 33).decode(), "must be 32 bytes in base64, not 33"),
        (f"k1:{ZEROS},k1:{ZEROS}", "names the same key id twice"),
    ],
)
def test_a_malformed_seal_key_is_named_without_its_value(
    text: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASEUNIT_SEAL_KEYS", text)

    with pytest.raises(ImproperlyConfigured, match=sentence) as caught:
        environment.required("CASEUNIT_SEAL_KEYS", environment.seal_keys)

    assert "CASEUNIT_SEAL_KEYS" in str(caught.value)
    assert len(text) < 10 or text not in str(caught.value)


def test_a_short_secret_key_is_refused() -> None:
    assert environment.secret_key("x" * 50) == "x" * 50
    with pytest.raises(ValueError, match="needs at least 50 characters"):
        environment.secret_key("x" * 49)


@pytest.mark.parametrize(
    ("url", "broker", "cache"),
    [
        ("redis://:p@h:6379/0", "redis://:p@h:6379/0", "redis://:p@h:6379/2"),
        (
            "unix://:p@/a/v.sock?db=0",
            "redis+socket://:p@/a/v.sock?virtual_host=0",
            "unix://:p@/a/v.sock?db=2",
        ),
    ],
)
def test_queue_and_cache_share_a_server_and_no_database(url: str, broker: str, cache: str) -> None:
    assert environment.broker_url(environment.redis_url(url)) == broker
    assert environment.cache_url(url) == cache


def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="must start with redis://"):
        environment.redis_url("http://h/")


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("", "None"),
        ("clamd:3310", "('clamd', 3310)"),
        ("[::1]:3310", "('::1', 3310)"),
        ("/run/clamav/clamd.ctl", "/run/clamav/clamd.ctl"),
    ],
)
def test_a_scanner_is_named_by_host_and_port_or_by_a_path(given: str, read: str) -> None:
    result = start({**COMPLETE, "CASEUNIT_SCANNER": given}, "; print(base.SCANNER)")

    assert result.stdout == f"{read}\n", result.stderr


@pytest.mark.parametrize(
    "given", ["clamd", "clamd:", "clamd:x", "clamd:99999", "tcp://clamd:3310", "a@clamd:3310"]
)
def test_a_scanner_that_cannot_be_reached_so_stops_the_start(given: str) -> None:
    result = start({**COMPLETE, "CASEUNIT_SCANNER": given})

    assert result.returncode
    assert "CASEUNIT_SCANNER" in result.stderr
