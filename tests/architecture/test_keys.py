"""Can sealed data be opened without the log hearing of the key? (issue 4: key use)

Every opening takes its data key from `key_of` or tells of it by `note_use`; who only seals takes
`sealing_key_of` and opens nothing with it.
"""

from tests.architecture.source import calls, dotted, functions, modules, within

OPENING = frozenset({"decrypt", "open_identity", "open_text"})
SEALS = "cases.models.sealing"
# Tells by itself: `ReleaseBox.open`.
BOX = "cases.models.release_sealing"


def test_keys_are_unwrapped_in_one_room() -> None:
    elsewhere = [
        module.at(call, f"{module.name} unwraps a key")
        for module in modules("cases")
        if not within(module.name, SEALS)
        for call in calls(module.tree)
        if dotted(call.func).rpartition(".")[2] == "unwrap"
    ]

    assert elsewhere == []


def test_who_takes_a_key_to_seal_opens_nothing() -> None:
    opening = [
        module.at(function, f"{function.name} opens with a key that nobody hears of")
        for module in modules("cases")
        if not within(module.name, SEALS, BOX)
        for function in functions(module.tree)
        if "sealing_key_of" in (names := {dotted(one.func) for one in calls(function)})
        and OPENING & {name.rpartition(".")[2] for name in names}
    ]

    assert opening == []


def test_the_walk_sees_who_seals() -> None:
    sealing = {
        module.name
        for module in modules("cases")
        for call in calls(module.tree)
        if dotted(call.func) == "sealing_key_of"
    }

    assert {"cases.services.responses", BOX} <= sealing
