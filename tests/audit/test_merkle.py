"""Is the tree that of RFC 6962, and does every proof hold for what it proves and nothing else?"""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.merkle import EMPTY_ROOT, Frontier, consistency_proof, inclusion_proof, leaf_hash
from audit.verifier import NotValid, check_consistency, root_of_inclusion

# The inputs, roots and proofs that implementations of Certificate Transparency are tested with.
INPUTS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
          "606162636465666768696a6b6c6d6e6f")  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
INCLUSION = {
    (0, 1): (),
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
    (1, 5): (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
CONSISTENCY = {
    (1, 1): (),
    (1, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
MOST = 40
LEAVES = [leaf_hash(bytes([number])) for number in range(MOST)]


def given_leaves() -> list[bytes]:
    return [leaf_hash(bytes.fromhex(text)) for text in INPUTS]


def root(leaves: list[bytes]) -> bytes:
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


class Stored:
    """Every full subtree of some leaves."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.nodes = {(0, index): leaf for index, leaf in enumerate(leaves)}
        frontier = Frontier()
        for leaf in leaves:
            self.nodes |= {(lvl, index): found for lvl, index, found in frontier.append(leaf)}

    def __call__(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]


def hexes(proof: list[bytes]) -> tuple[str, ...]:
    return tuple(step.hex() for step in proof)


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    assert Frontier().root().hex() == EMPTY_ROOT.hex() == expected


@pytest.mark.parametrize("size", range(1, 9))
def test_known_roots(size: int) -> None:
    assert root(given_leaves()[:size]).hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_known_proofs_of_inclusion(index: int, size: int) -> None:
    proof = inclusion_proof(index, size, Stored(given_leaves()))

    assert hexes(proof) == INCLUSION[index, size]
    found = root_of_inclusion(index, size, given_leaves()[index], proof)
    assert found.hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("first", "second"), CONSISTENCY)
def test_known_proofs_of_consistency(first: int, second: int) -> None:
    proof = consistency_proof(first, second, Stored(given_leaves()))

    assert hexes(proof) == CONSISTENCY[first, second]
    check_consistency(
        first, bytes.fromhex(ROOTS[first - 1]), second, bytes.fromhex(ROOTS[second - 1]), proof
    )


def test_every_leaf_of_every_tree_leads_to_its_root_and_no_other_leaf_does() -> None:
    stored = Stored(LEAVES)
    for size in range(1, MOST + 1):
        expected = root(LEAVES[:size])
        for index in range(size):
            proof = inclusion_proof(index, size, stored)
            assert root_of_inclusion(index, size, LEAVES[index], proof) == expected
            assert root_of_inclusion(index, size, LEAVES[index - 1], proof) != expected or size == 1


def test_every_tree_is_the_beginning_of_every_later_one() -> None:
    stored, roots = Stored(LEAVES), [root(LEAVES[:size]) for size in range(MOST + 1)]
    for second in range(1, MOST + 1):
        for first in range(1, second + 1):
            proof = consistency_proof(first, second, stored)
            check_consistency(first, roots[first], second, roots[second], proof)


@given(st.integers(1, MOST), st.integers(1, MOST), st.data())
def test_a_proof_that_was_touched_shows_nothing(one: int, other: int, data: st.DataObject) -> None:
    first, second = sorted((one, other))
    stored, forged = Stored(LEAVES), leaf_hash(b"forged")
    roots = root(LEAVES[:first]), root(LEAVES[:second])
    proof = consistency_proof(first, second, stored)
    touched = data.draw(st.sampled_from(_touched(proof, forged)))

    with pytest.raises(NotValid):
        check_consistency(first, roots[0], second, roots[1], touched)
    for index in {0, first - 1, second - 1}:
        path = inclusion_proof(index, second, stored)
        for wrong in _touched(path, forged):
            assert _leads_elsewhere(index, second, wrong, roots[1])


def _touched(proof: list[bytes], forged: bytes) -> list[list[bytes]]:
    swapped = [[*proof[:i], b, a, *proof[i + 2 :]] for i, (a, b) in enumerate(pairwise(proof))]
    replaced = [[*proof[:i], forged, *proof[i + 1 :]] for i in range(len(proof))]
    shorter = [proof[:-1], proof[1:]] if proof else []
    return [*swapped, *replaced, *shorter, [*proof, forged], [forged, *proof]]


def _leads_elsewhere(index: int, size: int, proof: list[bytes], expected: bytes) -> bool:
    try:
        return root_of_inclusion(index, size, LEAVES[index], proof) != expected
    except NotValid:
        return True


def test_a_leaf_or_a_tree_out_of_range_has_no_proof() -> None:
    with pytest.raises(IndexError, match="leaf 8 is not in a tree of 8"):
        inclusion_proof(8, 8, Stored(LEAVES))
    with pytest.raises(IndexError, match="no tree of 9 begins one of 8"):
        consistency_proof(9, 8, Stored(LEAVES))
    with pytest.raises(NotValid, match="leaf 8 is not in a tree of 8"):
        root_of_inclusion(8, 8, LEAVES[0], [])
    with pytest.raises(NotValid, match="can't be the beginning"):
        check_consistency(9, LEAVES[0], 8, LEAVES[0], [])


def test_two_trees_of_one_size_are_one_tree() -> None:
    with pytest.raises(NotValid, match="two different trees of 3 leaves"):
        check_consistency(3, LEAVES[0], 3, LEAVES[1], [])
