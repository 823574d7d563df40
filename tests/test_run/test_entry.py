"""Does `run.py` install only what changed, and say what it can't do?"""

import subprocess
import sys
from pathlib import Path

import pytest

import run
from tests.test_run.conftest import CHECKOUT


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A virtual environment and requirements that a test may change."""
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").touch()
    needs = tmp_path / "requirements.txt"
    tests_need = tmp_path / "tests.txt"
    needs.write_text("a==1\n")
    tests_need.write_text("b==1\n")
    for name, value in {
        "VENV": venv,
        "PYTHON": venv / "bin" / "python",
        "RUN_NEEDS": needs,
        "TESTS_NEED": tests_need,
    }.items():
        monkeypatch.setattr(run, name, value)
    for path in (needs, tests_need):
        run.marker(path).write_text(run.digest(path))
    return tmp_path


def test_nothing_is_installed_twice(environment: Path) -> None:
    assert run.is_installed(run.RUN_NEEDS)
    assert run.is_installed(run.TESTS_NEED)


def test_another_tool_of_the_tests_leaves_the_product_installed(environment: Path) -> None:
    run.TESTS_NEED.write_text("b==2\n")

    assert run.is_installed(run.RUN_NEEDS)
    assert not run.is_installed(run.TESTS_NEED)


def test_another_dependency_installs_both_again(environment: Path) -> None:
    run.RUN_NEEDS.write_text("a==2\n")

    assert not run.is_installed(run.RUN_NEEDS)
    assert not run.is_installed(run.TESTS_NEED)


def test_a_failed_installation_ends_with_what_was_said(environment: Path) -> None:
    said = run.follow([sys.executable, "-c", "print('no such package'); raise SystemExit(1)"])

    assert said.strip() == "no such package"
    assert run.follow([sys.executable, "-c", "print('fine')"]) == ""
    assert run.follow(["no-such-program"]) == "There is no no-such-program."


def test_a_module_is_compiled_once_whatever_the_shell_forbids(
    environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (environment / "module.py").write_text("")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)

    run.keep_compiled()

    subprocess.run([sys.executable, "-c", "import module"], check=True, cwd=environment)
    assert "module" in {path.stem.split(".")[0] for path in run.VENV.rglob("*.pyc")}
    assert not list(environment.glob("__pycache__"))


def test_an_old_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "OLDEST_PYTHON", (99, 0))

    with pytest.raises(SystemExit, match=r"caseunit needs Python 3\.11 or newer; this is"):
        run.check_python()


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_installs_nothing(flag: str, tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, str(CHECKOUT / "run.py"), flag],
        check=True,
        capture_output=True,
        text=True,
        env={"CASEUNIT_VENV": str(tmp_path / "none"), "PYTHONUTF8": "1"},
    )

    assert "python3 run.py test [pytest args]" in result.stdout
    assert not (tmp_path / "none").exists()
