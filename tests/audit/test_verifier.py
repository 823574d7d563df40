"""Does the stranger's verifier accept what is genuine and nothing else, whoever lies to it?"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from audit.checkpoints import Signer
from audit.verifier import Key, NotValid, notes_in, open_checkpoint, open_note, verdict
from tests.audit.bundles import KEY, ORIGIN, OTHER, Log, contents, sealed

LOG = Log(contents(7))
BUNDLE = LOG.bundle(3, 6)
MANY = settings(max_examples=500, deadline=None)

# From the C2SP specifications of signed notes and checkpoints.
POEM = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU"
    "0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)
# A known answer of the Go implementation of notes.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6"
    "KE6RyyBwJnAM=\n"
)


def check(data: bytes, *notes: str, key: str = KEY.key.text) -> tuple[bool, str]:
    valid, words = verdict(data, key, "\n".join(notes))
    return valid, "\n".join(words)


def test_a_genuine_bundle_is_valid() -> None:
    valid, words = check(BUNDLE, LOG.note(3), LOG.note(6), LOG.note(7))

    assert valid
    assert f"VALID: 7 entries of {ORIGIN}, in the log of 7 entries." in words
    assert "They stand at 0 to 6; each is as it was when it was sealed." in words
    assert "3 checkpoints of the witness agree." in words


def test_a_selection_says_so_and_that_no_witness_was_asked() -> None:
    valid, words = check(LOG.bundle(shown=(1, 5)))

    assert valid
    assert "They are a selection" in words
    assert "No witness was asked" in words


def test_a_known_note_of_another_implementation_opens() -> None:
    key = Key.parse(GO_KEY)

    assert key.text == GO_KEY
    assert open_note(GO_NOTE, [key]) == GO_NOTE.partition("\n\n")[0] + "\n"


def test_a_text_may_hold_empty_lines_and_its_unknown_signature_is_passed_over() -> None:
    with pytest.raises(NotValid, match="not signed by the log's key"):
        open_note(POEM, [KEY.key])


def test_our_note_beside_a_strangers_signature_opens_and_a_wrong_one_of_ours_does_not() -> None:
    note = LOG.note(7)
    strange = POEM.rpartition("\n\n")[2]

    assert open_checkpoint(note + strange, [KEY.key]).size == 7
    wrong = KEY.note("something else\n").rpartition("\n\n")[2]
    with pytest.raises(NotValid, match="does not fit its note"):
        open_checkpoint(note + wrong, [KEY.key])


@pytest.mark.parametrize("count", [16, 64])
def test_many_signatures_are_read(count: int) -> None:
    strange = POEM.rpartition("\n\n")[2] * (count - 1)

    assert open_checkpoint(LOG.note(7) + strange, [KEY.key]).size == 7


MALFORMED_NOTES: dict[str, Callable[[str], str]] = {
    "no signature": lambda note: note.partition("\n\n")[0] + "\n\n",
    "no empty line": lambda note: note.replace("\n\n", "\n"),
    "no final newline": lambda note: note.removesuffix("\n"),
    "a hyphen for a dash": lambda note: note.replace("— ", "- "),
    "a control character": lambda note: note.replace("\n7\n", "\n7\r\n"),
    "too many signatures": lambda note: note + POEM.rpartition("\n\n")[2] * 64,
    "leading zero": lambda note: resigned(note, "\n7\n", "\n07\n"),
    "signed size": lambda note: resigned(note, "\n7\n", "\n+7\n"),
    "no origin": lambda note: resigned(note, ORIGIN, ""),
    "another origin": lambda note: resigned(note, ORIGIN, "elsewhere.example/log"),
    "short root": lambda note: KEY.note(f"{ORIGIN}\n7\nAAAA\n"),
    "an extension": lambda note: KEY.note(note.partition("\n\n")[0] + "\nmore\n"),
    "another's key": lambda note: OTHER.note(note.partition("\n\n")[0] + "\n"),
}  # fmt: skip


def resigned(note: str, before: str, after: str) -> str:
    text = note.partition("\n\n")[0] + "\n"
    assert before in text
    return KEY.note(text.replace(before, after))


@pytest.mark.parametrize("how", MALFORMED_NOTES)
def test_a_malformed_checkpoint_is_refused(how: str) -> None:
    with pytest.raises(NotValid):
        open_checkpoint(MALFORMED_NOTES[how](LOG.note(7)), [KEY.key])


def test_notes_in_a_file_are_told_apart() -> None:
    one, two = LOG.note(3), LOG.note(6) + POEM.rpartition("\n\n")[2]

    assert notes_in(f"{one}\n{two}\n") == [one, two]
    assert notes_in(one + two) == [one, two]
    assert notes_in("\n\n") == notes_in("") == []


# A liar who holds the key, and so can seal whatever they like.
def lie_content() -> bytes:
    line = LOG.entry(3)
    line["content"] = line["content"].replace("as written", "as it should have been")
    return sealed([LOG.header(), LOG.checkpoint(7), line])


def lie_place() -> bytes:
    return sealed([LOG.header(), LOG.checkpoint(7), LOG.entry(3) | {"index": 4}])


def lie_twice() -> bytes:
    return sealed([LOG.header(), LOG.checkpoint(7), LOG.entry(3), LOG.entry(3)])


def lie_order() -> bytes:
    return sealed([LOG.header(), LOG.checkpoint(7), LOG.entry(3), LOG.entry(2)])


def lie_past() -> bytes:
    """An older state that is not the beginning of the newest."""
    other = Log(contents(3, reason="another"))
    old = LOG.checkpoint(3, 7) | {"note": other.note(3)}
    return sealed([LOG.header(), LOG.checkpoint(7), old])


def lie_no_proof() -> bytes:
    return sealed([LOG.header(), LOG.checkpoint(7), LOG.checkpoint(3, 7) | {"consistency": []}])


def lie_tree() -> bytes:
    """A proof that leads to an inner node, with that node's input as an entry."""
    line = LOG.entry(3, 4)
    return sealed([LOG.header(), LOG.checkpoint(7), line])


def lie_no_checkpoint() -> bytes:
    return sealed([LOG.header()])


def lie_early_entry() -> bytes:
    return sealed([LOG.header(), LOG.entry(1), LOG.checkpoint(7)])


def lie_other_log() -> bytes:
    return sealed([LOG.header() | {"origin": "elsewhere.example/log"}, LOG.checkpoint(7)])


def lie_version() -> bytes:
    return sealed([LOG.header() | {"format": "caseunit audit bundle v2"}, LOG.checkpoint(7)])


def lie_kind() -> bytes:
    return sealed([LOG.header(), LOG.checkpoint(7), {"kind": "remark"}])


def lie_type() -> bytes:
    return sealed([LOG.header(), LOG.checkpoint(7), LOG.entry(1) | {"index": True}])


def lie_list() -> bytes:
    return sealed([LOG.header(), LOG.checkpoint(7), [1, 2]])


def lie_proof_type() -> bytes:
    return sealed([LOG.header(), LOG.checkpoint(7), LOG.entry(1) | {"inclusion": 3}])


def lie_own_key() -> bytes:
    return Log(contents(7), OTHER).bundle()


def lie_key_inside() -> bytes:
    """Checkpoints of another key, the whole sealed with the true one."""
    other = Log(contents(7), OTHER)
    return sealed([LOG.header(), other.checkpoint(7)])


def lie_seal_as_checkpoint() -> bytes:
    note = json.loads(BUNDLE.splitlines()[-1])["note"]
    return sealed([LOG.header(), {"kind": "checkpoint", "note": note}])


def lie_surrogate() -> bytes:
    return sealed([LOG.header(), LOG.checkpoint(7), LOG.entry(1) | {"content": '["\ud800"]'}])


LIES: list[Callable[[], bytes]] = [
    lie_content, lie_place, lie_twice, lie_order, lie_past, lie_no_proof, lie_tree, lie_own_key,
    lie_no_checkpoint, lie_early_entry, lie_other_log, lie_version, lie_kind, lie_type, lie_list,
    lie_proof_type, lie_key_inside, lie_seal_as_checkpoint, lie_surrogate,
]  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_not_valid(lie: Callable[[], bytes]) -> None:
    valid, words = check(lie())

    assert not valid
    assert words.startswith("NOT VALID: ")


def test_the_honest_lines_under_the_same_seal_are_valid() -> None:
    """The lies above fail for what they say, not for how they are put together."""
    lines = [LOG.header(), LOG.checkpoint(7), LOG.checkpoint(3, 7), LOG.entry(3)]

    assert check(sealed(lines))[0]


REWRITTEN = Log([*contents(2), *contents(5, reason="another")])


@pytest.mark.parametrize(
    ("bundle", "witnessed", "words"),
    [
        (REWRITTEN.bundle(3), LOG.note(3), "the witness saw another log when it had 3 entries"),
        (REWRITTEN.bundle(), LOG.note(7), "the witness saw another log when it had 7 entries"),
        (REWRITTEN.bundle(), LOG.note(3), "state of 3 entries, seen by the witness, is left out"),
        (Log(contents(5)).bundle(), LOG.note(7), "the witness saw only a longer log"),
        (BUNDLE, Log(contents(3), OTHER).note(3), "not signed by the log's key"),
    ],
)
def test_who_holds_the_key_can_not_lie_to_one_who_knows_a_witness(
    bundle: bytes, witnessed: str, words: str
) -> None:
    assert check(bundle)[0]

    valid, said = check(bundle, witnessed)
    assert not valid
    assert words in said


@pytest.mark.parametrize(
    "key", ["", "x", "a+b+c", OTHER.key.text, KEY.key.text[:-1], KEY.key.text.replace("+", "-")]
)
def test_another_or_no_key_is_not_valid(key: str) -> None:
    assert not check(BUNDLE, key=key)[0]


@st.composite
def altered(draw: st.DrawFn) -> bytes:
    """The genuine bundle with bytes put in, taken out or replaced, or its lines moved."""
    if draw(st.booleans()):
        lines = BUNDLE.splitlines(keepends=True)
        one, other = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        moved = draw(st.sampled_from(("drop", "swap", "repeat")))
        if moved == "swap":
            lines[one], lines[other] = lines[other], lines[one]
        elif moved == "drop":
            del lines[one]
        else:
            lines.insert(other, lines[one])
        return b"".join(lines)
    start = draw(st.integers(0, len(BUNDLE)))
    end = draw(st.integers(start, min(len(BUNDLE), start + 4)))
    return BUNDLE[:start] + draw(st.binary(max_size=4)) + BUNDLE[end:]


@MANY
@given(altered())
@example(BUNDLE + b"\n")
@example(BUNDLE.replace(b"\n", b"\r\n"))
@example(BUNDLE.removesuffix(b"\n"))
@example(BUNDLE + BUNDLE)
@example(BUNDLE.replace(b'"kind": "seal"', b'"kind":  "seal"'))
@example(BUNDLE.replace(b"=\\n", b"\\n"))
def test_what_was_altered_is_never_valid(data: bytes) -> None:
    assert check(data)[0] == (data == BUNDLE)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_every_single_bit_counts(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(BUNDLE) - 1))
    bit = 1 << data.draw(st.integers(0, 7))
    flipped = BUNDLE[:place] + bytes([BUNDLE[place] ^ bit]) + BUNDLE[place + 1 :]

    assert not check(flipped)[0]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@MANY
@given(
    st.lists(
        st.fixed_dictionaries(
            {"kind": st.sampled_from(("header", "checkpoint", "entry", "seal"))},
            optional=dict.fromkeys(
                ("note", "index", "content", "inclusion", "consistency", "origin"), json_values
            ),
        )
        | json_values,
        max_size=5,
    )
)
def test_whatever_a_key_holder_seals_never_breaks_it(lines: list[Any]) -> None:
    valid, words = check(sealed([LOG.header(), LOG.checkpoint(7), *lines]))

    assert valid == (not lines)
    assert "\n" not in words or valid


@MANY
@given(st.binary(), st.text(), st.text())
@example(b"[" * 100_000 + b"\n" + b"{}\n", "", "")
@example(b'{"kind": ' + b"9" * 5_000 + b"}\n{}\n", "", "")
@example(b"\n\n", "", "")
@example(b"x\n" + b'{"kind": "seal", "note": 3}\n', "", "")
def test_nothing_breaks_it(data: bytes, key: str, notes: str) -> None:
    for used in (key, KEY.key.text):
        assert verdict(data, used, notes)[0] is False
    assert isinstance(verdict(BUNDLE, KEY.key.text, notes)[0], bool)


def test_a_signer_signs_the_same_twice() -> None:
    assert Signer(ORIGIN, bytes(range(32))).note("a\n") == KEY.note("a\n")
