"""Is this report's narrative nearly the same as one on another case?

Each narrative leaves a signature of bands; two that share a band are candidates, found through an
index; the rules' own similarity decides. Both sides of a pair are marked, the earlier report too.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cases.models import Response
from cases.row_security import Span, reading_as
from cases.rules.documentation import set_similarity, signature, trigrams
from cases.rules.policy import CopiedRule
from cases.selectors.policy import current_policy
from cases.services.flagging import fetch

# A text that half the unit shares is found by its nearest; more of the same would tell nobody more.
CANDIDATES = 20

_KEEP_BANDS = """
UPDATE cases_response AS response
SET bands = ARRAY(SELECT jsonb_array_elements_text(found.bands)::bigint)
FROM jsonb_to_recordset(%(signed)s::jsonb) AS found (id uuid, bands jsonb)
WHERE response.id = found.id
RETURNING response.id"""

# Where a person writes, they see every case for this alone: `Span.COPIES`.
_CANDIDATES = """
SELECT found.fresh_id, other.id, other.entered_at, other.narrative
FROM cases_alike(%(ids)s::uuid[], %(kinds)s, %(now)s, %(candidates)s) AS found
JOIN cases_response AS other ON other.id = found.other_id"""

# A report keeps its closest pair; that it is a copy was known from the first pair on.
_MARK = """
UPDATE cases_response AS response
SET copied_at = least(response.copied_at, found.copied_at),
    copied_similarity = greatest(response.copied_similarity, found.similarity),
    copy_of_id = CASE
        WHEN found.similarity > coalesce(response.copied_similarity, 0) THEN found.copy_of
        ELSE response.copy_of_id END
FROM jsonb_to_recordset(%(pairs)s::jsonb) AS found (
    id uuid, copied_at timestamptz, similarity float8, copy_of uuid
)
WHERE response.id = found.id
  AND (response.copied_at IS NULL
       OR response.copied_at > found.copied_at
       OR response.copied_similarity < found.similarity)
RETURNING response.case_id"""


@dataclass(frozen=True, slots=True)
class _Text:
    id: UUID
    case_id: UUID
    entered_at: datetime
    trigrams: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Pair:
    """One report, seen from which the other is its copy or its source."""

    report: UUID
    other: UUID
    similarity: float
    known_at: datetime


@reading_as(Span.FACTS)
def detect_copies(*, response_ids: Collection[UUID], now: datetime) -> set[UUID]:
    """Compare these responses' narratives with those on other cases; the cases of marked ones.

    Inside the caller's transaction; the cases returned need a refresh. Narratives shorter than the
    policy's least, and kinds that it does not name, are left alone. A pair is known from the moment
    at which both had been entered.
    """
    rule = current_policy().copied_narrative
    texts = _texts(response_ids, rule, now)
    if not texts:
        return set()
    pairs = [pair for pair in _pairs(texts, rule, now) if pair.similarity >= rule.similarity]
    if not pairs:
        return set()
    marked = fetch(_MARK, {"pairs": json.dumps(list(_closest(pairs)))})
    return {case_id for (case_id,) in marked}


def _texts(response_ids: Collection[UUID], rule: CopiedRule, now: datetime) -> dict[UUID, _Text]:
    """The narratives to compare, their signatures written down."""
    rows = list(
        Response.objects.filter(
            pk__in=list(response_ids),
            kind__in=rule.kinds,
            narrative_length__gte=rule.narrative_characters,
            entered_at__lte=now,
        )
        .order_by()
        .values_list("pk", "case_id", "entered_at", "narrative")
    )
    signed = [{"id": str(row[0]), "bands": signature(row[3])} for row in rows]
    if signed:
        fetch(_KEEP_BANDS, {"signed": json.dumps(signed)})
    return {row[0]: _Text(row[0], row[1], row[2], trigrams(row[3])) for row in rows}


def _pairs(texts: dict[UUID, _Text], rule: CopiedRule, now: datetime) -> Iterator[_Pair]:
    values = {
        "ids": list(texts),
        "kinds": [kind.value for kind in rule.kinds],
        "candidates": CANDIDATES,
        "now": now,
    }
    known: dict[UUID, frozenset[str]] = {key: text.trigrams for key, text in texts.items()}
    for fresh_id, other_id, entered_at, narrative in fetch(_CANDIDATES, values):
        fresh = texts[fresh_id]
        if other_id not in known:
            known[other_id] = trigrams(narrative)
        alike = set_similarity(fresh.trigrams, known[other_id])
        known_at = max(fresh.entered_at, entered_at)
        yield _Pair(fresh_id, other_id, alike, known_at)
        yield _Pair(other_id, fresh_id, alike, known_at)


def _closest(pairs: list[_Pair]) -> Iterator[dict[str, object]]:
    """For each report its closest pair, and when the first became known."""
    by_report: dict[UUID, list[_Pair]] = defaultdict(list)
    for pair in pairs:
        by_report[pair.report].append(pair)
    for report, found in by_report.items():
        best = max(found, key=lambda pair: pair.similarity)
        yield {
            "id": str(report),
            "copied_at": min(pair.known_at for pair in found).isoformat(),
            "similarity": best.similarity,
            "copy_of": str(best.other),
        }
