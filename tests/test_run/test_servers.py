"""Do the embedded servers come up, and come back, whatever state their folder was left in?"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis

from caseunit.embedded.children import application_environment
from caseunit.embedded.errors import CannotRunError
from caseunit.embedded.home import Home
from caseunit.embedded.serve import without_owner
from caseunit.embedded.servers import Servers, serving_lock, start_over, using
from tests.test_run.conftest import CHECKOUT, short_folder

pytestmark = pytest.mark.servers

HOLD = """
import sys
from pathlib import Path
from caseunit.embedded.home import Home
from caseunit.embedded.servers import Servers
servers = Servers(Home(Path(sys.argv[1]), durable=False))
servers.enter(tied=sys.argv[2] == "tied")
print("up", flush=True)
sys.stdin.read()
"""


@contextmanager
def another_process(home: Home, how: str) -> Iterator[subprocess.Popen[str]]:
    """A second process that uses the servers of the folder until it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.root), how],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        try:
            yield process
        finally:
            process.kill()


def rows(servers: Servers, query: str) -> list[tuple[object, ...]]:
    """As the owner of the database."""
    return rows_at(servers.postgres.owner_url, query)


def rows_at(url: str, query: str) -> list[tuple[object, ...]]:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else []


def running(server: object) -> psutil.Process:
    process = server.running()  # type: ignore[attr-defined]
    assert isinstance(process, psutil.Process)
    return process


@pytest.fixture(scope="module")
def up() -> Iterator[Servers]:
    """Servers that several tests only look at, started under a locale that nobody installed."""
    folder = short_folder()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DATABASE_URL", "CASEUNIT_OWNER_DATABASE_URL", "REDIS_URL"):
            patch.delenv(name, raising=False)
        for name in ("LANG", "LC_ALL"):
            patch.setenv(name, "xx_XX.UTF-8")
        patch.setenv("PGDATA", "/nowhere")
        patch.setenv("PGPORT", "1")
        servers = Servers(Home(folder / "home", durable=False))
        with using(servers, tied=True):
            yield servers
    shutil.rmtree(folder)


ROLE = (
    "SELECT rolname, rolsuper, rolcreaterole, rolbypassrls, rolcreatedb FROM pg_roles "
    "WHERE rolname = current_user"
)


def test_owner_and_application_are_two_ordinary_roles(up: Servers) -> None:
    (owner,) = rows(up, ROLE)
    (application,) = rows_at(up.postgres.url, ROLE)

    assert owner == ("caseunit", False, False, False, True)
    assert application == ("caseunit_app", False, False, False, False)
    assert up.environment()["DATABASE_URL"] == up.postgres.url
    assert up.environment()["CASEUNIT_OWNER_DATABASE_URL"] == up.postgres.owner_url


def test_a_folder_from_before_there_were_two_roles_gets_the_second(servers: Servers) -> None:
    with using(servers, tied=True):
        rows(servers, "CREATE TABLE kept AS SELECT 7 AS number")
        superuser = servers.postgres.owner_url.replace(
            f"caseunit:{servers.home.secrets()['POSTGRES_PASSWORD']}",
            f"postgres:{servers.home.secrets()['POSTGRES_SUPERUSER_PASSWORD']}",
        )
        rows_at(superuser, "DROP ROLE caseunit_app")
    keys = servers.home.keys_file
    lines = keys.read_text().splitlines(keepends=True)
    before = [line for line in lines if not line.startswith("POSTGRES_APP_PASSWORD=")]
    keys.write_text("".join(before))

    with using(servers, tied=True):
        assert rows_at(servers.postgres.url, "SELECT current_user") == [("caseunit_app",)]
        assert rows(servers, "SELECT number FROM kept") == [(7,)]

    keys.write_text("".join(before))
    with using(servers, tied=True):
        assert rows_at(servers.postgres.url, "SELECT current_user") == [("caseunit_app",)]


def test_web_worker_and_beat_are_not_told_of_the_owner(servers: Servers) -> None:
    with using(servers, tied=True) as found:
        left = without_owner({**found, "CASEUNIT_OWNER_DATABASE_URL_FILE": "/x"})

    assert found.keys() - left.keys() == {"CASEUNIT_OWNER_DATABASE_URL"}
    assert not [name for name in left if "OWNER" in name]


def test_the_database_is_its_own_and_sorts_alike_everywhere(up: Servers) -> None:
    (database,) = rows(
        up,
        "SELECT pg_get_userbyid(datdba), datlocprovider, datlocale FROM pg_database "
        "WHERE datname = current_database()",
    )

    assert database == ("caseunit", "b", "C.UTF-8")


def test_the_extensions_that_migrations_need_can_be_made(up: Servers) -> None:
    for name in ("pg_trgm", "btree_gin", "btree_gist", "citext"):
        rows(up, f"CREATE EXTENSION {name}")

    assert rows(up, "SELECT 1 FROM pg_extension WHERE extname = 'pg_stat_statements'") == [(1,)]


@pytest.mark.parametrize("name", ["postgres", "valkey"])
def test_a_server_is_neither_roots_nor_on_the_network(up: Servers, name: str) -> None:
    process = running(getattr(up, name))

    assert 0 not in process.uids()
    assert process.net_connections("inet") == []


def test_passwords_are_asked_for(up: Servers) -> None:
    password = up.home.secrets()["POSTGRES_APP_PASSWORD"]

    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(up.postgres.url.replace(password, "guessed"))
    with (
        redis.Redis(unix_socket_path=str(up.valkey.socket)) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_the_last_one_out_stops_the_servers(servers: Servers, home: Home) -> None:
    second = Servers(home)
    servers.enter(tied=True)
    second.enter(tied=True)
    process = running(servers.postgres)

    assert servers.others()
    servers.leave()
    assert running(second.postgres) == process
    assert not second.others()
    second.leave()

    assert servers.postgres.running() is None
    assert servers.valkey.running() is None
    servers.stop()


def test_servers_that_are_to_stay_stay(servers: Servers, home: Home) -> None:
    with using(servers, tied=False):
        home.kept_marker.touch()

    assert servers.postgres.answers()
    assert servers.valkey.answers()
    servers.stop()
    assert servers.postgres.running() is None


def test_data_survive_a_stop_and_a_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("CASEUNIT_OWNER_DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    servers = Servers(Home(folder / "durable"))
    with using(servers, tied=True):
        rows(servers, "CREATE TABLE kept AS SELECT 7 AS number")
        redis.Redis.from_url(servers.valkey.url).set("kept", 7)

    with using(servers, tied=True):
        assert rows(servers, "SELECT number FROM kept") == [(7,)]
        assert redis.Redis.from_url(servers.valkey.url).get("kept") == b"7"


def test_an_orphan_of_a_killed_run_is_adopted(servers: Servers, home: Home) -> None:
    with another_process(home, "loose") as process:
        rows(servers, "CREATE TABLE kept AS SELECT 7 AS number")
        orphan = running(servers.postgres)
        process.kill()
        process.wait()

    with using(servers, tied=True):
        assert running(servers.postgres) == orphan
        assert rows(servers, "SELECT number FROM kept") == [(7,)]

    assert servers.postgres.running() is None
    assert servers.valkey.running() is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells the children")
def test_tied_servers_end_with_a_killed_run(servers: Servers, home: Home) -> None:
    with another_process(home, "tied") as process:
        left = [running(servers.postgres), running(servers.valkey)]
        process.kill()
        process.wait()

    gone, alive = psutil.wait_procs(left, timeout=60)

    assert alive == []
    assert len(gone) == 2


def test_an_orphan_that_no_longer_answers_is_replaced(
    servers: Servers,
    home: Home,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("caseunit.embedded.servers.ADOPT_SECONDS", 1)
    with another_process(home, "loose") as process:
        deaf = running(servers.valkey)
        process.kill()
        process.wait()
    os.kill(deaf.pid, signal.SIGSTOP)
    monkeypatch.setattr("caseunit.embedded.valkey.STOP_SECONDS", 1)

    with using(servers, tied=True):
        assert running(servers.valkey) != deaf
        assert servers.valkey.answers()

    assert f"Process {deaf.pid} of an earlier run does not answer" in capsys.readouterr().err


def test_a_stale_file_of_process_ids_does_not_keep_it_from_starting(servers: Servers) -> None:
    with using(servers, tied=True):
        pass
    stale = servers.postgres.data / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{servers.postgres.data}\n")
    (servers.valkey.data / "valkey.pid").write_text(f"{os.getpid()}\n")

    with using(servers, tied=True):
        assert servers.postgres.answers()
        assert servers.valkey.answers()


def test_half_a_cluster_is_never_used(servers: Servers) -> None:
    building = servers.postgres.data.with_name("postgres.new")
    building.mkdir()
    (building / "PG_VERSION").write_text("18\n")

    with using(servers, tied=True):
        assert servers.postgres.answers()

    assert not building.exists()


def test_data_of_an_older_version_are_named_and_untouched(servers: Servers) -> None:
    with using(servers, tied=True):
        rows(servers, "CREATE TABLE kept AS SELECT 7 AS number")
    version = servers.postgres.data / "PG_VERSION"
    ours = version.read_text()
    version.write_text("17\n")

    with pytest.raises(CannotRunError, match="data of PostgreSQL 17, and this is PostgreSQL 18"):
        servers.enter(tied=True)

    assert version.read_text() == "17\n"
    assert servers.postgres.running() is None
    version.write_text(ours)
    with using(servers, tied=True):
        assert rows(servers, "SELECT number FROM kept") == [(7,)]


def test_a_server_that_does_not_start_says_why(servers: Servers) -> None:
    with using(servers, tied=True):
        pass
    (servers.postgres.data / "postgresql.auto.conf").write_text("max_connections = 'many'\n")

    with pytest.raises(
        CannotRunError, match=r"did not start on .*; the data are untouched[^$]*many"
    ):
        servers.enter(tied=True)


def test_a_second_run_on_the_same_folder_is_told_who_runs(home: Home) -> None:
    home.prepare()

    with serving_lock(home) as note:
        note("process 12, http://127.0.0.1:8000/")
        with (
            pytest.raises(CannotRunError, match=r"already runs from .*process 12, http://127"),
            serving_lock(home),
        ):
            pass

    with serving_lock(home):
        pass


def test_starting_over_waits_for_nobody_to_use_the_folder(servers: Servers, home: Home) -> None:
    keys = home.secrets()
    with using(servers, tied=True):
        with pytest.raises(CannotRunError, match="Another command still uses"):
            start_over(home)
        assert servers.postgres.answers()

    start_over(home)

    assert not home.servers.exists()
    assert Servers(home).home.secrets() != keys


def test_a_long_path_still_gets_servers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("CASEUNIT_OWNER_DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    servers = Servers(Home(folder / ("long, " * 20), durable=False))

    with using(servers, tied=True):
        assert rows(servers, "SELECT 1") == [(1,)]
        sockets = servers.postgres.sockets

    assert not sockets.exists()


def test_servers_named_by_the_environment_are_used_instead(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/x")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere/0")

    with using(Servers(home), tied=True) as found:
        assert found["DATABASE_URL"] == "postgres://elsewhere/x"
        assert found["REDIS_URL"] == "redis://elsewhere/0"
        assert "CASEUNIT_OWNER_DATABASE_URL" not in found
        assert not home.postgres_data.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has the servers run as somebody else")
def test_a_folder_that_nobody_may_not_pass_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("CASEUNIT_OWNER_DATABASE_URL", raising=False)
    folder.chmod(0o700)

    with pytest.raises(CannotRunError, match=f"runs as `nobody`, who may not pass {folder}"):
        Servers(Home(folder / "home", durable=False)).enter(tied=True)


def test_programs_get_neither_a_locale_nor_libpq_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("LANG", "LC_TIME", "PGDATA", "PGPORT"):
        monkeypatch.setenv(name, "xx_XX.UTF-8")

    environment = application_environment({"A": "1"})

    assert environment["LC_ALL"] == "C"
    assert environment["A"] == "1"
    assert not {"LANG", "LC_TIME", "PGDATA", "PGPORT"} & environment.keys()
