"""Where do one machine's servers, keys and locks live, and who may read them?

`CASEUNIT_HOME/` is passable but not listable when root owns it, because PostgreSQL then runs as
another user:

    keys.env            every generated secret, 0600
    shreds/shred.keys   the shred keys' store (decision 8), 0600
    servers/            owned by the user that the servers run as, 0700: data, sockets, logs
    logs/               what web, worker and beat print
    *.lock              who starts, who uses, who serves
"""

import os
import pwd
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cases import shreds
from caseunit import keys
from caseunit.embedded.errors import CannotRunError

# The kernel's limit is 104 bytes on macOS and 108 on Linux, the closing zero included.
SOCKET_PATH_MAX_BYTES = 103
LONGEST_SOCKET_NAME = ".s.PGSQL.5432"
SHORT_FOLDERS = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - mkdtemp makes a private one in it
# Commas split libpq's list of hosts; the rest would have to survive three URL parsers.
PLAIN_PATH = re.compile(r"[A-Za-z0-9._/-]+")
SHREDS_MADE = "# The store of shred keys was made; without it what it protects is gone."


GENERATED: dict[str, Callable[[], str]] = {
    **keys.APPLICATION,
    "POSTGRES_SUPERUSER_PASSWORD": keys.password,
    "POSTGRES_PASSWORD": keys.password,
    "POSTGRES_APP_PASSWORD": keys.password,
    "VALKEY_PASSWORD": keys.password,
}
REPLACEABLE = ("CASEUNIT_AUDIT_KEY", "CASEUNIT_BLIND_KEYS", "POSTGRES_APP_PASSWORD")


@dataclass(frozen=True)
class Owner:
    """The user that the servers run as."""

    uid: int
    gid: int
    name: str

    @property
    def is_other(self) -> bool:
        return self.uid != os.geteuid()

    def take(self, path: Path) -> None:
        if self.is_other:
            os.chown(path, self.uid, self.gid)


@dataclass(frozen=True)
class Home:
    root: Path
    durable: bool = True

    @property
    def keys_file(self) -> Path:
        return self.root / "keys.env"

    @property
    def shred_store(self) -> Path:
        return self.root / "shreds" / "shred.keys"

    @property
    def servers(self) -> Path:
        return self.root / "servers"

    @property
    def postgres_data(self) -> Path:
        return self.servers / "postgres"

    @property
    def valkey_data(self) -> Path:
        return self.servers / "valkey"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def kept_marker(self) -> Path:
        """Present while `run.py up` asked the servers to outlive the commands that use them."""
        return self.root / "kept-up"

    @property
    def _socket_pointer(self) -> Path:
        return self.servers / "socket-folder"

    def prepare(self) -> Owner:
        """Make the folders; return the user that the servers run as."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            owner = _server_owner(self.servers)
            self.root.chmod(0o711 if owner.is_other else 0o700)
            for folder in (self.servers, self.valkey_data):
                folder.mkdir(exist_ok=True)
                folder.chmod(0o700)
                owner.take(folder)
            self.logs.mkdir(exist_ok=True)
            self.logs.chmod(0o700)
        except PermissionError as error:
            raise CannotRunError(
                f"{error.filename} belongs to another user, so the servers can't use {self.root}. "
                "Run as that user, or name another folder with CASEUNIT_HOME."
            ) from error
        return owner

    def secrets(self) -> dict[str, str]:
        """Every generated secret, made on the first call."""
        if self.keys_file.exists():
            self._add_later_keys()
            return _read_keys(self.keys_file)
        if self.postgres_data.exists():
            raise CannotRunError(
                f"{self.keys_file} is missing while {self.postgres_data} holds data. Without its "
                "keys no identity can be opened: put the file back from a backup, or start over "
                "with --fresh."
            )
        made = {name: make() for name, make in GENERATED.items()}
        _write_private(self.keys_file, "".join(f"{name}={value}\n" for name, value in made.items()))
        return made

    def shreds(self) -> Path:
        """The store of shred keys, made once; `keys.env` remembers that it was."""
        path = self.shred_store
        if path.exists():
            return path
        self.secrets()
        if f"{SHREDS_MADE}\n" in self.keys_file.read_text(encoding="utf-8"):
            raise CannotRunError(
                f"{path} is missing. Without it no identity can be opened: put the file back from "
                "a copy made after the last expunge, or start over with --fresh."
            )
        path.parent.mkdir(mode=0o700, exist_ok=True)
        shreds.create(path)
        with self.keys_file.open("a", encoding="utf-8") as file:
            file.write(f"{SHREDS_MADE}\n")
        return path

    def _add_later_keys(self) -> None:
        """A folder made before a replaceable key was asked for gets it now, beside all the others.

        What such a key made is made anew (`manage.py rebuild_blind_index`), and a password is set
        anew; the rest is never replaced.
        """
        if not os.access(self.keys_file, os.R_OK | os.W_OK):
            return
        text = self.keys_file.read_text(encoding="utf-8")
        lines = "".join(
            f"{name}={GENERATED[name]()}\n" for name in REPLACEABLE if f"{name}=" not in text
        )
        if lines and all(f"{name}=" in text for name in GENERATED.keys() - set(REPLACEABLE)):
            with self.keys_file.open("a", encoding="utf-8") as file:
                file.write(lines)

    def sockets(self, owner: Owner) -> Path:
        """The folder of the sockets: in the home, or a short one under the temporary folder."""
        folder = self.servers / "run"
        if not _fits(folder):
            folder = self._short_folder()
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)
        owner.take(folder)
        return folder

    def _short_folder(self) -> Path:
        if self._socket_pointer.exists():
            known = Path(self._socket_pointer.read_text().strip())
            if known.is_dir():
                return known
        folder = _make_short_folder()
        _write_private(self._socket_pointer, f"{folder}\n")
        return folder

    def forget_sockets(self) -> None:
        if self._socket_pointer.exists():
            shutil.rmtree(self._socket_pointer.read_text().strip(), ignore_errors=True)
            self._socket_pointer.unlink()

    def wipe(self) -> None:
        """Remove the data, and with them the keys that sealed them."""
        self.forget_sockets()
        for folder in (self.servers, self.logs, self.shred_store.parent):
            shutil.rmtree(folder, ignore_errors=True)
        self.keys_file.unlink(missing_ok=True)


def _server_owner(servers: Path) -> Owner:
    if os.geteuid() != 0:
        return _owner_of(os.geteuid())
    if servers.exists() and (uid := servers.stat().st_uid) != 0:
        return _owner_of(uid)
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise CannotRunError(
            "PostgreSQL refuses to run as root, and this machine has no user `nobody` to run it "
            "as. Run as an ordinary user."
        ) from None
    return Owner(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _owner_of(uid: int) -> Owner:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return Owner(uid, os.getegid(), str(uid))
    return Owner(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _fits(folder: Path) -> bool:
    path = str(folder / LONGEST_SOCKET_NAME)
    return len(os.fsencode(path)) <= SOCKET_PATH_MAX_BYTES and bool(PLAIN_PATH.fullmatch(path))


def _make_short_folder() -> Path:
    for parent in (Path(tempfile.gettempdir()), *SHORT_FOLDERS):
        if parent.is_dir() and _fits(parent / "caseunit-12345678"):
            return Path(tempfile.mkdtemp(prefix="caseunit-", dir=parent))
    raise CannotRunError(
        "No folder has a path short enough for a socket (103 bytes). Set TMPDIR to a short one."
    )


def _read_keys(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except PermissionError as error:
        raise CannotRunError(f"{path} can't be read: run as the user who made it.") from error
    found = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    if missing := sorted(GENERATED.keys() - found.keys()):
        raise CannotRunError(f"{path} lacks {', '.join(missing)}: put the file back from a backup.")
    return found


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
