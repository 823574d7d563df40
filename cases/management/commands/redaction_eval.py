"""How good is redaction on narratives that were labelled by hand?"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand

from cases.rules.evaluation import Measured, measure, read

SETS = {
    "tuning": "tuning.jsonl",
    "held out": "held_out.jsonl",
    "blind 1": "blind_1.jsonl",
    "blind 2": "blind_2.jsonl",
    "blind 3 odd": "blind_3_odd.jsonl",
    "blind 3 even": "blind_3_even.jsonl",
    "blind 4": "blind_4.jsonl",
}
FIRST_SIGHT = {
    "blind 1": (
        "no longer blind. Written before its author had read the rule; at first sight: "
        "recall 0.8866 (891 of 1005), precision 0.9518 (889 of 934)"
    ),
    "blind 2": (
        "no longer blind. Written, before it was measured, by who had mended the rule after blind "
        "1; at first sight: recall 0.9628 (311 of 323), precision 0.9685 (307 of 317)"
    ),
    "blind 3 odd": (
        "the half that the rule is mended by. Written by a stranger to the rule, hard on purpose; "
        "at first sight: recall 0.9602 (1158 of 1206), precision 0.9449 (1148 of 1215)"
    ),
    "blind 3 even": (
        "the half whose slips nobody has looked at: what to expect of a stranger's hard texts; "
        "at first sight: recall 0.9401 (1115 of 1186), precision 0.9629 (1116 of 1159)"
    ),
    "blind 4": (
        "no longer blind. Written by who had read what the rule says it does and none of it; at "
        "first sight: recall 0.9118 (310 of 340), precision 0.9611 (321 of 334)"
    ),
}
# Nobody mends the rule by what slips here, so nobody is shown it.
UNSEEN = frozenset({"blind 3 even"})
FOLDER = Path(__file__).parents[1] / "evaluation"


def measured(name: str) -> Measured:
    """One of `SETS`, by name."""
    lines = (FOLDER / SETS[name]).read_text(encoding="utf-8").splitlines()
    return measure(read(lines))


class Command(BaseCommand):
    help = "Recall and precision of redaction, by form of mention, and what still slips."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="Leave out what slips.")

    def handle(self, *args: Any, **options: Any) -> None:
        for name in SETS:
            result = measured(name)
            self._tell(name, result)
            if name in FIRST_SIGHT:
                self.stdout.write(f"  {FIRST_SIGHT[name]}")
            if not options["quiet"] and name not in UNSEEN:
                self._tell_slips(result)

    def _tell(self, name: str, result: Measured) -> None:
        self.stdout.write(
            f"{name}: recall {result.recall:.4f} ({result.found.total()} of {result.all.total()}), "
            f"precision {result.precision:.4f} ({result.right} of {result.taken}), "
            f"right person {result.right_owner:.3f}"
        )
        for form, count in sorted(result.all.items()):
            self.stdout.write(f"  {form:<10} {result.found[form]:>4} of {count}")

    def _tell_slips(self, result: Measured) -> None:
        for title, slips in (("not found", result.missed), ("taken wrongly", result.wrong)):
            self.stdout.write(f"  {title}: {len(slips)}")
            for slip in slips:
                self.stdout.write(f"    {slip}")
