"""Who may start the servers, who shares them, and who turns them off?

Every command that uses the servers holds a shared lock on the folder while it runs. Whoever
leaves last stops them, unless `run.py up` asked them to stay. Servers that a killed run left
behind are adopted the same way.
"""

import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from caseunit.embedded import children
from caseunit.embedded.errors import CannotRunError
from caseunit.embedded.home import Home, Owner
from caseunit.embedded.postgres import Postgres
from caseunit.embedded.valkey import Valkey

ADOPT_SECONDS = 30
OWNER = "CASEUNIT_OWNER_DATABASE_URL"
APPLICATION_SECRETS = (
    "CASEUNIT_SECRET_KEY",
    "CASEUNIT_SEAL_KEYS",
    "CASEUNIT_DIGEST_KEY",
    "CASEUNIT_BLIND_KEYS",
    "CASEUNIT_AUDIT_KEY",
)


class Servers:
    """PostgreSQL and Valkey of one folder; a server that the environment names is left out."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.owner: Owner = home.prepare()
        sockets = home.sockets(self.owner)
        self.postgres = Postgres(home, self.owner, sockets)
        self.valkey = Valkey(home, self.owner, sockets)
        self._users: IO[str] | None = None

    def environment(self) -> dict[str, str]:
        """What the application needs to reach the servers; what is already set wins."""
        secrets = self.home.secrets()
        found = {name: secrets[name] for name in APPLICATION_SECRETS}
        found["CASEUNIT_SHRED_STORE"] = str(self.home.shreds().resolve())
        found |= {"DATABASE_URL": self.postgres.url, "REDIS_URL": self.valkey.url}
        if "DATABASE_URL" not in os.environ:
            found[OWNER] = self.postgres.owner_url
        return {name: os.environ.get(name, value) for name, value in found.items()}

    def enter(self, *, tied: bool) -> None:
        """Become a user of the servers, starting those that don't run."""
        with _held(self.home.root / "start.lock"):
            self._users = _open_lock(self.home.root / "users.lock")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            try:
                self._start_missing(tied=tied)
            except BaseException:
                self._leave_locked()
                raise

    def leave(self) -> None:
        """Stop being a user; the last one out stops the servers."""
        with _held(self.home.root / "start.lock"):
            self._leave_locked()

    def others(self) -> bool:
        """Whether another command uses the servers now."""
        with (
            _held(self.home.root / "start.lock"),
            _open_lock(self.home.root / "users.lock") as probe,
        ):
            if self._users is None:
                return not _try_lock(probe)
            fcntl.flock(self._users, fcntl.LOCK_UN)
            alone = _try_lock(probe)
            fcntl.flock(probe, fcntl.LOCK_UN)
            fcntl.flock(self._users, fcntl.LOCK_SH)
            return not alone

    def stop(self) -> None:
        """Stop them now, whoever uses them."""
        self.valkey.stop()
        self.postgres.stop()
        self.home.kept_marker.unlink(missing_ok=True)
        self.home.forget_sockets()

    def _start_missing(self, *, tied: bool) -> None:
        if "DATABASE_URL" not in os.environ:
            _start_or_adopt(self.postgres, tied=tied)
        if "REDIS_URL" not in os.environ:
            _start_or_adopt(self.valkey, tied=tied)

    def _leave_locked(self) -> None:
        if self._users is None:
            return
        self._users.close()
        self._users = None
        with _open_lock(self.home.root / "users.lock") as probe:
            if _try_lock(probe) and not self.home.kept_marker.exists():
                self.stop()


def _start_or_adopt(server: Postgres | Valkey, *, tied: bool) -> None:
    process = server.running()
    if process and children.wait_until(
        server.answers, alive=process.is_running, seconds=ADOPT_SECONDS
    ):
        server.prepare()
        return
    if process:
        print(
            f"Process {process.pid} of an earlier run does not answer; stopping it.",
            file=sys.stderr,
        )
        server.stop()
    server.start(tied=tied)


@contextmanager
def using(servers: Servers, *, tied: bool) -> Iterator[dict[str, str]]:
    """The environment of running servers, for as long as the block runs."""
    servers.enter(tied=tied)
    try:
        yield servers.environment()
    finally:
        servers.leave()


def _open_lock(path: Path) -> IO[str]:
    return path.open("a+", encoding="utf-8")


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _held(path: Path) -> Iterator[None]:
    with _open_lock(path) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def serving_lock(home: Home) -> Iterator[Callable[[str], None]]:
    """Held by the one `run.py` that serves from this folder; a second one is told its note."""
    with _open_lock(home.root / "serve.lock") as file:
        if not _try_lock(file):
            file.seek(0)
            raise CannotRunError(
                f"caseunit already runs from {home.root} ({file.read().strip()}). Use that one, "
                "stop it with Ctrl-C where it runs, or name another folder with CASEUNIT_HOME."
            )

        def note(text: str) -> None:
            file.seek(0)
            file.truncate()
            file.write(text)
            file.flush()

        note(f"process {os.getpid()}")
        yield note


def start_over(home: Home) -> None:
    """Stop what runs in this folder and drop its data and keys, unless somebody uses them."""
    with _held(home.root / "start.lock"), _open_lock(home.root / "users.lock") as users:
        if not _try_lock(users):
            raise CannotRunError(
                f"Another command still uses {home.root}. Stop that one first; nothing was dropped."
            )
        Servers(home).stop()
        home.wipe()
