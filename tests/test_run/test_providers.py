"""Do the three providers give the same keys or stop the start, and never say a secret?"""

import base64
import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from django.core.exceptions import ImproperlyConfigured

from caseunit import new_seal_key
from caseunit.embedded import children
from caseunit.settings.environment import seal_keys
from caseunit.settings.providers import CommandFailedError, KeyCommand, provided_keys
from tests.test_run.conftest import CHECKOUT
from tests.test_run.test_settings import COMPLETE, key, start

# A stand-in for a KMS: it keeps one key of its own and gives others only what that key wrapped.
KMS = """#!{python}
import base64, json, os, sys
from cryptography.fernet import Fernet
box = Fernet({secret!r})
asked = json.load(sys.stdin)
print("noise that names a secret", {secret!r}, file=sys.stderr)
if [name for name in os.environ if name.startswith(("CASEUNIT_", "DATABASE_URL"))]:
    sys.exit(9)
bound = asked["key_id"].encode() + b":"
if asked["do"] == "wrap":
    wrapped = box.encrypt(bound + base64.b64decode(asked["key"]))
    print(json.dumps({{"wrapped": base64.b64encode(wrapped).decode()}}))
else:
    opened = box.decrypt(base64.b64decode(asked["wrapped"]))
    assert opened.startswith(bound)
    print(json.dumps({{"key": base64.b64encode(opened[len(bound):]).decode()}}))
"""


@pytest.fixture
def kms(tmp_path: Path) -> Path:
    path = tmp_path / "kms"
    secret = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    path.write_text(KMS.format(python=sys.executable, secret=secret))
    path.chmod(0o700)
    return path


def program(tmp_path: Path, text: str) -> KeyCommand:
    path = tmp_path / "program"
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o700)
    return KeyCommand((str(path),), 5)


def test_the_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CASEUNIT_SEAL_PROVIDER", raising=False)
    monkeypatch.setenv("CASEUNIT_SEAL_KEYS", COMPLETE["CASEUNIT_SEAL_KEYS"])

    assert provided_keys() == seal_keys(COMPLETE["CASEUNIT_SEAL_KEYS"])


def test_another_provider_stops_the_start() -> None:
    result = start({**COMPLETE, "CASEUNIT_SEAL_PROVIDER": "enviroment"})

    assert result.returncode == 1
    assert "CASEUNIT_SEAL_PROVIDER must be one of environment, file, command." in result.stderr


# -- file ---------------------------------------------------------------------------------------


def keys_file(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    path = tmp_path / "seal.keys"
    path.write_text(text)
    path.chmod(mode)
    return path


def use_file(monkeypatch: pytest.MonkeyPatch, path: Path | str) -> None:
    monkeypatch.setenv("CASEUNIT_SEAL_PROVIDER", "file")
    monkeypatch.setenv("CASEUNIT_SEAL_KEYS_PATH", str(path))


def test_a_file_gives_the_same_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = COMPLETE["CASEUNIT_SEAL_KEYS"].split(",")
    text = "# the first one seals\n" + "\n".join(lines) + "\n\n"
    use_file(monkeypatch, keys_file(tmp_path, text))

    assert provided_keys() == seal_keys(COMPLETE["CASEUNIT_SEAL_KEYS"])


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o620, 0o666])
def test_a_file_that_others_may_touch_is_refused(
    mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_file(monkeypatch, keys_file(tmp_path, f"k1:{key()}", mode))

    with pytest.raises(ImproperlyConfigured, match="others may read or write"):
        provided_keys()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "holds no key"),
        ("# nothing\n", "holds no key"),
        ("k1:short", "is not base64|must be 32 bytes"),
        (f"k1:{key()}\nk1:{key()}", "same key id twice"),
    ],
    ids=["empty", "comment", "short", "twice"],
)
def test_a_malformed_file_is_refused_without_its_content(
    text: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_file(monkeypatch, keys_file(tmp_path, text))

    with pytest.raises(ImproperlyConfigured, match=sentence) as caught:
        provided_keys()

    assert not [part for part in text.split(":") if len(part) > 20 and part in str(caught.value)]


@pytest.mark.parametrize("name", ["relative", "/nowhere/at/all", "/", "/dev/null"])
def test_what_is_no_file_of_ours_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use_file(monkeypatch, name)

    with pytest.raises(ImproperlyConfigured, match="CASEUNIT_SEAL_KEYS_PATH"):
        provided_keys()


# -- command ------------------------------------------------------------------------------------


def test_keys_come_unwrapped_by_a_program_and_production_starts_with_them(kms: Path) -> None:
    lines = [new_seal_key.wrapped_line(KeyCommand((str(kms),), 10), name) for name in ("k2", "k1")]
    rest = {name: value for name, value in COMPLETE.items() if name != "CASEUNIT_SEAL_KEYS"}

    result = start(
        {
            **rest,
            "CASEUNIT_SEAL_PROVIDER": "command",
            "CASEUNIT_SEAL_COMMAND": str(kms),
            "CASEUNIT_SEAL_WRAPPED_KEYS": ",".join(lines),
        },
        "; print([(name, len(key)) for name, key in base.SEAL_KEYS])",
    )

    assert result.stdout == "[('k2', 32), ('k1', 32)]\n", result.stderr


def test_a_new_key_is_printed_wrapped_and_opens_again(kms: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "CASEUNIT_SEAL_COMMAND": str(kms)}

    made = subprocess.run(
        [sys.executable, "-m", "caseunit.new_seal_key", "k7"],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    key_id, _, wrapped = made.strip().partition(":")
    assert key_id == "k7"
    assert len(KeyCommand((str(kms),), 10).unwrap("k7", base64.b64decode(wrapped))) == 32


def test_a_key_wrapped_under_another_id_stops_the_start(kms: Path) -> None:
    line = new_seal_key.wrapped_line(KeyCommand((str(kms),), 10), "k1")
    rest = {name: value for name, value in COMPLETE.items() if name != "CASEUNIT_SEAL_KEYS"}

    result = start(
        {
            **rest,
            "CASEUNIT_SEAL_PROVIDER": "command",
            "CASEUNIT_SEAL_COMMAND": str(kms),
            "CASEUNIT_SEAL_WRAPPED_KEYS": line.replace("k1:", "k2:"),
        }
    )

    assert result.returncode == 1
    assert "CASEUNIT_SEAL_COMMAND: ended with status 1." in result.stderr
    assert "noise that names a secret" not in result.stderr


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("import sys; sys.exit(3)", "ended with status 3"),
        ("print('not json')", "did not answer in JSON"),
        ("print('[]')", "did not answer with a JSON object"),
        ("print('{}')", "gave no key of 32 bytes"),
        ('print(\'{"key": "c2hvcnQ="}\')', "gave no key of 32 bytes"),
        ("print('{\"key\": 7}')", "gave no key of 32 bytes"),
    ],
)
def test_a_program_that_does_not_answer_well_is_named_by_what_it_did(
    text: str, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(CommandFailedError, match=sentence):
        program(tmp_path, text).unwrap("k1", b"wrapped")


def test_a_program_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    hangs = program(
        tmp_path,
        "import os, subprocess, sys\n"
        "child = subprocess.Popen(['sleep', '600'], stdout=subprocess.DEVNULL)\n"
        f"open({str(pid)!r}, 'w').write(str(child.pid))\n"
        "child.wait()\n",
    )

    with pytest.raises(CommandFailedError, match="did not answer within 2 s"):
        KeyCommand(hangs.words, 2).unwrap("k1", b"wrapped")

    assert children.wait_until(lambda: ended(int(pid.read_text())), alive=lambda: True, seconds=30)


def ended(pid: int) -> bool:
    """Gone, or dead and only waiting to be counted."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_program_that_gives_the_key_back_unwrapped_is_refused(tmp_path: Path) -> None:
    echo = program(
        tmp_path,
        "import json, sys\nprint(json.dumps({'wrapped': json.load(sys.stdin)['key']}))",
    )

    with pytest.raises(CommandFailedError, match="gave no wrapped key"):
        new_seal_key.wrapped_line(echo, "k1")


def test_no_shell_reads_the_command(tmp_path: Path, kms: Path) -> None:
    seen = tmp_path / "seen"
    words = (
        str(
            program(
                tmp_path,
                f"import sys, json; open({str(seen)!r}, 'w').write(json.dumps(sys.argv[1:]))",
            ).words[0]
        ),
        "$(id)",
        "; id",
    )

    with pytest.raises(CommandFailedError, match="did not answer in JSON"):
        KeyCommand(words, 5).unwrap("k1", b"wrapped")

    assert json.loads(seen.read_text()) == ["$(id)", "; id"]


@pytest.mark.parametrize("command", ["", "kms unwrap", "/nowhere/kms", "/bin/cat 'unclosed"])
def test_a_command_that_can_not_be_run_stops_the_start(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASEUNIT_SEAL_PROVIDER", "command")
    monkeypatch.setenv("CASEUNIT_SEAL_COMMAND", command)

    with pytest.raises(ImproperlyConfigured, match="CASEUNIT_SEAL_COMMAND"):
        provided_keys()


@pytest.mark.parametrize("seconds", ["0", "-1", "121", "soon", "nan"])
def test_a_program_gets_a_time_that_ends(
    seconds: str, kms: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASEUNIT_SEAL_PROVIDER", "command")
    monkeypatch.setenv("CASEUNIT_SEAL_COMMAND", str(kms))
    monkeypatch.setenv("CASEUNIT_SEAL_WRAPPED_KEYS", "k1:AAAA")
    monkeypatch.setenv("CASEUNIT_SEAL_COMMAND_SECONDS", seconds)

    with pytest.raises(ImproperlyConfigured, match="must be between 0 and 120 seconds"):
        provided_keys()
