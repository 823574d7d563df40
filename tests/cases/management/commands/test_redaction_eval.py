"""Does the command print how good redaction is, and keep the half that nobody looks at unseen?"""

from functools import cache
from io import StringIO

import pytest
from django.core.management import call_command

from cases.management.commands import redaction_eval
from cases.management.commands.redaction_eval import SETS, UNSEEN


def test_it_prints_recall_and_precision_of_every_set_and_what_slips_of_those_that_may_be_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, measured = StringIO(), cache(redaction_eval.measured)
    monkeypatch.setattr(redaction_eval, "measured", measured)

    call_command("redaction_eval", stdout=out)

    lines = out.getvalue().splitlines()
    for name in SETS:
        result = measured(name)
        (told,) = (line for line in lines if line.startswith(f"{name}: "))
        assert f"recall {result.recall:.4f}" in told
        assert f"precision {result.precision:.4f}" in told
        shown = [slip for slip in result.missed + result.wrong if f"    {slip}" in lines]
        assert shown == ([] if name in UNSEEN else result.missed + result.wrong)
