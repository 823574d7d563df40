"""What becomes of a referral's row: new, answered by now, joined to a case, or known?"""

from dataclasses import dataclass, field

from cases.models import Referral
from cases.services.importing.errors import RowRefused
from cases.services.importing.known import ReferralKey
from cases.services.importing.planning import CasePlan, Plan, referral_digest
from cases.services.importing.rows import ReferralRow

ELSEWHERE = (
    "A referral of this reference is on record with another case, time or priority. Correct it "
    "here, or in the file."
)


@dataclass(slots=True)
class Referrals:
    """The referrals on record that a batch names, and those of its own decided already.

    `taken`: references that stand on a case which whoever imports may not know of.
    """

    known: dict[ReferralKey, Referral]
    taken: frozenset[ReferralKey] = frozenset()
    decided: dict[ReferralKey, ReferralRow] = field(default_factory=dict)

    def decide(self, row: ReferralRow, case: CasePlan, plan: Plan) -> str:
        """`case` is the case that the row names. Raises RowRefused."""
        key = (row.channel, row.organization, row.reference)
        earlier = self.decided.setdefault(key, row)
        if earlier is not row:
            if earlier == row:
                return "unchanged"
            raise RowRefused("A referral of this reference stands on an earlier line. Keep one.")
        if key in self.taken:
            raise RowRefused(ELSEWHERE)
        known = self.known.get(key)
        if known is not None:
            return _changed(known, row, case, plan)
        (case.referrals if row.number else plan.loose).append(row)
        return "landed"


def _changed(known: Referral, row: ReferralRow, case: CasePlan, plan: Plan) -> str:
    """What a file may change of a referral on record: its answer, and which case it became."""
    digest = referral_digest(row)
    if known.source_digest is not None and bytes(known.source_digest) == digest:
        return "unchanged"
    case_id = case.known.case.pk if case.known else None
    elsewhere = known.case_id is not None and bool(row.number) and known.case_id != case_id
    if elsewhere or (known.received_at, known.priority) != (row.received_at, row.priority):
        raise RowRefused(ELSEWHERE)
    answered = known.acknowledged_at is None and row.acknowledged_at is not None
    joined = known.case_id is None and bool(row.number)
    known.source_digest = digest
    if answered:
        known.acknowledged_at = row.acknowledged_at
    (case.answered if row.number else plan.loose_answered).append(known)
    return "changed" if answered or joined else "unchanged"
