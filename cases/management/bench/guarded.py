"""What does row-level security cost? The same statements with and without, in turns.

With: on a connection that signs in as the application, one account bound first, which is timed too.
Without: as the owner of the tables, on whom no policy falls.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from statistics import median
from typing import Any
from unittest.mock import patch

import psycopg2
from django.core.management import CommandError
from django.db import connection
from django.db.models import Q
from psycopg2.extras import register_default_jsonb

from cases.access import Viewer
from cases.management.bench.measures import Measure, Result, measures, people
from cases.management.bench.timing import WARM_UP, Statement, captured, milliseconds, run_on
from cases.models import Case
from cases.selectors.cases import CaseFilters, case_list

BIND = "SELECT cases_bind(%s, '', %s, true)"


def guarded(
    now: datetime, cases: int, repetitions: int, sign_in: Mapping[str, Any]
) -> Iterator[Result]:
    """Every list, and lists narrowed by a part of a number. `best_sql_ms`: without policies.

    `sign_in` is the application's, as in DATABASES. Raises CommandError when the answers differ.
    """
    every = (*(one for one in measures(now) if one.asker), *_searches(now))
    with closing(_signed_in(sign_in)) as application:
        for measure in every:
            yield _compared(measure, now, cases, repetitions, application)


def _signed_in(known: Mapping[str, Any]) -> Any:
    if known["USER"] == connection.settings_dict["USER"]:
        raise CommandError("The application owns its tables here: no policy falls on it.")
    opened = psycopg2.connect(
        host=known["HOST"],
        port=known["PORT"] or None,
        dbname=connection.settings_dict["NAME"],
        user=known["USER"],
        password=known["PASSWORD"],
    )
    # As Django reads it, so that answers are compared alike.
    register_default_jsonb(conn_or_curs=opened, loads=str)
    return opened


def _compared(
    measure: Measure, now: datetime, cases: int, repetitions: int, application: Any
) -> Result:
    plain = _unprotected(measure)
    sent = [Statement(BIND, [str(measure.asker), now]), *captured(measure.act)]
    rows = _answers(connection.connection, plain)
    answers = zip(sent, _answers(application, sent), strict=True)
    if [got for one, got in answers if not _only_guarded(one)] != rows:
        raise CommandError(f"{measure.name}: with row-level security the answer is another.")
    guarded_ms, open_ms = [], []
    for repetition in range(-WARM_UP, repetitions):
        taken = _timed(application, sent), _timed(connection.connection, plain)
        if repetition >= 0:
            guarded_ms.append(taken[0])
            open_ms.append(taken[1])
    one, other = median(guarded_ms), median(open_ms)
    return Result(measure.name, cases, sum(map(len, rows)), one, other, one / other, one)


def _unprotected(measure: Measure) -> list[Statement]:
    """What answers where no policy stands: a part of a number is then compared by the index."""
    with patch("cases.selectors.cases.numbered", _contains):
        return captured(measure.act)


def _only_guarded(statement: Statement) -> bool:
    """What is sent only where policies stand: who asks, and which cases have a part of a number."""
    return statement.sql == BIND or "cases_numbered" in statement.sql


def _contains(part: str) -> Q:
    return Q(number__contains=part) | Q(number__contains=part.upper())


def _answers(opened: Any, statements: Sequence[Statement]) -> list[Any]:
    """What each statement answers; what it writes is undone. Entries differ in their numbers."""
    try:
        rows = [run_on(opened, [one]) for one in statements]
    finally:
        opened.rollback()
    return [[] if "INSERT" in one.sql else got for one, got in zip(statements, rows, strict=True)]


def _timed(opened: Any, statements: Sequence[Statement]) -> float:
    try:
        return milliseconds(lambda: run_on(opened, statements))
    finally:
        opened.rollback()


def _searches(now: datetime) -> Iterator[Measure]:
    who = people()
    middle = Case.objects.order_by("number")[Case.objects.count() // 2].number
    for name, viewer in (("detective", who.detective), ("captain", who.captain)):
        yield _search(f"one number, {name}", viewer, now, middle)
    yield _search("a common part of a number, captain", who.captain, now, middle[:3])


def _search(name: str, viewer: Viewer, now: datetime, number: str) -> Measure:
    filters = replace(CaseFilters(), number=number)
    return Measure(
        name,
        act=lambda: case_list(viewer=viewer, now=now, filters=filters),
        answer=lambda page: [row.case_id for row in page.rows],
        best=(),
        best_answer=lambda _: (),
        asker=viewer.account_id,
    )
