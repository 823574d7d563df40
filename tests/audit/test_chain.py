"""Is a checkpoint missed that was taken out from between the others?"""

from datetime import datetime

import pytest

from audit.checkpoints import log_signer
from audit.faults import Fault, Finding
from audit.models import Checkpoint
from audit.sealing import seal
from audit.verification import verify
from tests.audit.sealing_log import as_owner, entries, run, sealed_log

pytestmark = pytest.mark.django_db(transaction=True)

# Checkpoints stand at 3, 6, 9 and 10.
SIZE = 10


def tamper(*statements: str) -> None:
    with as_owner():
        run(*statements)


def first() -> Finding:
    return verify().findings[0]


def test_each_checkpoint_names_the_one_before_it(now: datetime) -> None:
    sealed_log(SIZE, now)

    chain = Checkpoint.objects.order_by("size").values_list("size", "previous")
    assert list(chain) == [(3, 0), (6, 3), (9, 6), (10, 9)]


@pytest.mark.parametrize("size", [3, 6, 9])
def test_one_taken_out_is_named(now: datetime, size: int) -> None:
    sealed_log(SIZE, now)
    tamper(f"DELETE FROM audit_checkpoint WHERE size = {size}")

    assert (first().fault, first().index) == (Fault.REMOVED, size - 1)
    assert first().words == f"the checkpoint of {size} entries is gone"


@pytest.mark.parametrize("previous", ["3", "NULL"])
def test_a_chain_mended_by_hand_is_forged(now: datetime, previous: str) -> None:
    sealed_log(SIZE, now)
    tamper(
        "DELETE FROM audit_checkpoint WHERE size = 6",
        f"UPDATE audit_checkpoint SET previous = {previous} WHERE size = 9",
    )

    assert first().fault == Fault.FORGED


def test_a_log_begun_before_chains_goes_on_with_one(now: datetime) -> None:
    """Its first checkpoints name none; from the first that does, all do."""
    sealed_log(6, now)
    for row in Checkpoint.objects.all():
        row.previous = None
        mac = log_signer().checkpoint_mac(row).hex()
        tamper(
            rf"UPDATE audit_checkpoint SET previous = NULL, mac = '\x{mac}' WHERE size = {row.size}"
        )
    entries(4, now, first=6)
    seal(now=now, batch=2)
    assert verify().is_sound

    tamper("DELETE FROM audit_checkpoint WHERE size = 6")

    assert first().words == "the checkpoint of 6 entries is gone"


def test_an_unchained_one_among_chained_ones_is_forged(now: datetime) -> None:
    sealed_log(SIZE, now)
    row = Checkpoint.objects.get(size=9)
    row.previous = None
    mac = log_signer().checkpoint_mac(row).hex()
    tamper(rf"UPDATE audit_checkpoint SET previous = NULL, mac = '\x{mac}' WHERE size = 9")

    assert first().fault == Fault.FORGED
