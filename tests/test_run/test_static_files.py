"""Is just what pages name copied from the design system?"""

from pathlib import Path

import pytest

from caseunit import static_files
from caseunit.embedded.errors import CannotRunError


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose packages are installed already."""
    lock = tmp_path / "package-lock.json"
    lock.write_text("{}")
    dist = tmp_path / "node_modules" / "@uswds" / "uswds" / "dist"
    files = {
        "css/uswds.css": "a{background:url(../img/a.svg)} b{src:url('../fonts/b.woff2?x#y')} "
        "c{background:url(data:image/png;base64,AA)} d{background:url()}\n"
        "/*# sourceMappingURL=uswds.css.map */\n",
        "img/a.svg": "<svg/>",
        "img/unnamed.svg": "<svg/>",
        "fonts/b.woff2": "font",
    }
    for name, text in files.items():
        (dist / name).parent.mkdir(parents=True, exist_ok=True)
        (dist / name).write_text(text)
    (tmp_path / "node_modules" / ".caseunit-lock").write_text(
        static_files.digest_of([lock.read_bytes()])
    )
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "base.html").write_text("{% static 'uswds/css/uswds.css' %}")
    (tmp_path / "static").mkdir()
    return tmp_path


def built(checkout: Path) -> set[str]:
    folder = checkout / "build" / "frontend" / "uswds"
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_style_sheet_brings_the_files_that_it_names(checkout: Path) -> None:
    assert static_files.build(checkout)

    assert built(checkout) == {"css/uswds.css", "img/a.svg", "fonts/b.woff2"}
    style = (checkout / "build" / "frontend" / "uswds" / "css" / "uswds.css").read_text()
    assert "sourceMappingURL" not in style


def test_it_is_built_again_only_when_something_changed(checkout: Path) -> None:
    static_files.build(checkout)
    assert not static_files.build(checkout)

    (checkout / "static" / "unit.css").write_text("a{background:url(../uswds/img/unnamed.svg)}")

    assert static_files.build(checkout)
    assert "img/unnamed.svg" in built(checkout)


def test_a_name_that_the_design_system_lacks_is_said(checkout: Path) -> None:
    (checkout / "templates" / "x.html").write_text("{% static 'uswds/img/none.svg' %}")

    with pytest.raises(CannotRunError, match=r"names none\.svg, and USWDS has no"):
        static_files.build(checkout)

    assert not (checkout / "build" / "frontend").exists()


def test_the_fingerprint_follows_our_own_files(checkout: Path) -> None:
    before = static_files.fingerprint(checkout)
    assert static_files.fingerprint(checkout) == before

    (checkout / "static" / "unit.css").write_text("a{}")

    assert static_files.fingerprint(checkout) != before
