"""Is a destroyed key gone, are all others still there, and does the store survive a crash?"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases import shreds
from cases.shreds import Shredded, ShredStoreError, ShredTree

CHECKOUT = Path(__file__).resolve().parents[1]
leaves = st.text("0123456789abcdef", min_size=16, max_size=16)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "shred.keys"
    shreds.create(path)
    return path


@settings(max_examples=40, deadline=None)
@given(st.sets(leaves, min_size=2, max_size=8), st.data())
def test_destroying_some_leaves_every_other_key_as_it_was(
    all_leaves: set[str], data: st.DataObject
) -> None:
    tree = shreds.new_tree()
    before = {leaf: tree.key(leaf) for leaf in all_leaves}
    gone = data.draw(st.sets(st.sampled_from(sorted(all_leaves)), min_size=1))

    pruned = tree.without(gone)

    for leaf, key in before.items():
        if leaf in gone:
            with pytest.raises(Shredded):
                pruned.key(leaf)
        else:
            assert pruned.key(leaf) == key


@settings(max_examples=20, deadline=None)
@given(st.lists(leaves, min_size=1, max_size=4))
def test_nothing_kept_leads_to_a_destroyed_key(gone: list[str]) -> None:
    """No node above it, and neither its key nor any key on the way to it among those kept."""
    tree = shreds.new_tree()
    path_keys = {shreds._down(tree.nodes[""], leaf[:depth]) for leaf in gone for depth in range(17)}

    pruned = tree.without(gone)

    assert not [prefix for prefix in pruned.nodes for leaf in gone if leaf.startswith(prefix)]
    assert not path_keys & set(pruned.nodes.values())


def test_neighbours_by_one_digit_stay() -> None:
    tree = shreds.new_tree()
    gone = "0123456789abcdef"
    beside = [gone[:-1] + digit for digit in "0123456789abcde"]
    before = [tree.key(leaf) for leaf in beside]

    assert [tree.without([gone]).key(leaf) for leaf in beside] == before


def test_the_leaf_depends_on_record_and_generation_and_shows_neither() -> None:
    record = "cases_victim:11111111-1111-1111-1111-111111111111"

    first = shreds.leaf_of(record, 0)

    assert first == shreds.leaf_of(record, 0)
    assert len({first, shreds.leaf_of(record, 1), shreds.leaf_of(record[:-1] + "2", 0)}) == 3
    assert "1111" not in first


def test_destroying_is_seen_by_who_loads_and_again_changes_nothing(store: Path) -> None:
    leaf = shreds.leaf_of("cases_victim:x", 0)
    kept = shreds.load(store).key(shreds.leaf_of("cases_victim:y", 0))

    shreds.destroy(store, [leaf])
    once = store.read_bytes()
    shreds.destroy(store, [leaf])

    assert store.read_bytes() == once
    with pytest.raises(Shredded):
        shreds.load(store).key(leaf)
    assert shreds.load(store).key(shreds.leaf_of("cases_victim:y", 0)) == kept


def test_the_old_file_is_overwritten_where_it_lay(store: Path) -> None:
    root = json.loads(store.read_text())["nodes"][""]
    with store.open("rb") as held:
        shreds.destroy(store, [shreds.leaf_of("cases_victim:x", 0)])
        assert set(held.read()) == {0}

    assert root not in store.read_text()
    assert [path.name for path in store.parent.iterdir() if root in path.read_text()] == []


def test_its_owner_alone_reads_it(store: Path) -> None:
    shreds.destroy(store, ["0" * 16])

    assert store.stat().st_mode & 0o777 == 0o600


def test_an_existing_store_is_never_replaced(store: Path) -> None:
    before = store.read_bytes()

    with pytest.raises(FileExistsError):
        shreds.create(store)

    assert store.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", '{"nodes": {}}', '{"nodes": {"": "AAAA"}}', '{"nodes": {"": "!"}}', "\xff"],
)
def test_a_damaged_store_is_said_and_not_used(content: str, store: Path) -> None:
    store.write_text(content, encoding="latin-1")

    with pytest.raises(ShredStoreError, match="damaged"):
        shreds.load(store)
    with pytest.raises(ShredStoreError, match="damaged"):
        shreds.destroy(store, ["0" * 16])
    assert store.read_text(encoding="latin-1") == content


def test_a_missing_store_is_said(tmp_path: Path) -> None:
    with pytest.raises(ShredStoreError, match="can't be read"):
        shreds.load(tmp_path / "none")


def test_two_who_destroy_at_once_both_succeed(store: Path) -> None:
    """Many processes at once: none undoes what another destroyed."""
    wanted = [shreds.leaf_of("cases_victim:x", number) for number in range(6)]
    code = "import sys; from pathlib import Path; from cases import shreds; "
    code += "shreds.destroy(Path(sys.argv[1]), [sys.argv[2]])"
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(store), leaf], cwd=CHECKOUT)
        for leaf in wanted
    ]

    assert [process.wait(timeout=60) for process in running] == [0] * 6

    tree = shreds.load(store)
    for leaf in wanted:
        with pytest.raises(Shredded):
            tree.key(leaf)


def test_killed_before_the_new_file_is_in_place_the_old_one_stands(store: Path) -> None:
    before = store.read_bytes()
    code = (
        "import os, signal, sys; from pathlib import Path; from cases import shreds\n"
        "shreds.Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "shreds.destroy(Path(sys.argv[1]), ['0' * 16])\n"
    )

    ended = subprocess.run(
        [sys.executable, "-c", code, str(store)], cwd=CHECKOUT, check=False, env={**os.environ}
    )

    assert ended.returncode == -signal.SIGKILL
    assert store.read_bytes() == before
    shreds.destroy(store, ["0" * 16])
    with pytest.raises(Shredded):
        shreds.load(store).key("0" * 16)


def test_no_key_stands_in_what_a_tree_raises() -> None:
    tree = ShredTree({"": b"k" * 32}).without(["0" * 16])

    with pytest.raises(Shredded) as caught:
        tree.key("0" * 16)

    assert str(caught.value) == "This key was destroyed."
