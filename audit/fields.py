"""How does Django hold a transaction's full number, and ask the database for it?"""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Func

if TYPE_CHECKING:
    FieldOfInt = models.Field[int, int]
else:
    FieldOfInt = models.Field


class Xid8Field(FieldOfInt):
    """PostgreSQL's `xid8`: a transaction's number, which never wraps around."""

    description = "Full transaction number"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "xid8"

    def get_internal_type(self) -> str:
        return "Xid8Field"

    def from_db_value(self, value: str | None, *_: object) -> int | None:
        return None if value is None else int(value)

    def to_python(self, value: Any) -> int | None:
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return str(prepared) if isinstance(prepared, int) else prepared


class ThisTransaction(Func):
    """The number of the transaction that writes the row."""

    function = "pg_current_xact_id"
    output_field = Xid8Field()


class ThisCluster(Func):
    """The identifier of the database cluster that the row is written in."""

    function = "audit_cluster"
    output_field = models.BigIntegerField()
