"""Which bytes of an entry are hashed? All of its columns as the database gives them, as JSON text.

The database's own text of a JSON column is taken as it stands: no number is read and written again.
"""

from collections.abc import Sequence
from json.encoder import encode_basestring

from audit.verifier import FIELDS, FORMAT, leaf_hash

COLUMNS = f"""
    '{FORMAT}', e.nonce::text, e.cluster::text, e.xid::text, e.id::text,
    to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.event, e.outcome,
    e.actor_id, e.actor_label, e.session, host(e.source_address), e.subject_type, e.subject_id,
    e.reason, e.changes::text, e.details::text
"""
WIDTH = len(FIELDS)
ID = FIELDS.index("id")

Values = Sequence[str | None]


def content_of(values: Values) -> str:
    """The JSON text whose UTF-8 bytes are hashed. `values` are `COLUMNS`, in their order."""
    return f"[{','.join(['null' if one is None else encode_basestring(one) for one in values])}]"


def hash_of(values: Values) -> bytes:
    """The entry's leaf."""
    return leaf_hash(content_of(values).encode())
