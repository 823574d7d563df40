"""Would the unit's rules have seen it, and when? Prints when each case on file had which flag.

manage.py replay [--from DATE] [--to DATE] [--expected FILE] [--json] [--picture FILE.svg]
"""

import csv
import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from audit.context import acting_as_system
from audit.events import Event
from audit.recorder import record
from cases.rules.words import span_in_words
from cases.selectors.picture import picture
from cases.selectors.policy import unit_calendar
from cases.selectors.replay import (
    MUST_APPEAR,
    CaseReplay,
    Expectation,
    RaisedFlag,
    Score,
    end_of_record,
    replay,
    score,
)

PUBLIC_ON = date(2019, 2, 7)
COLUMNS = ("case_number", "outcome", "failure_modes")


class Command(BaseCommand):
    help = "Walk the history of the cases on file and say when each flag would have been raised."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="start", type=_day, help="flags from this day on")
        parser.add_argument(
            "--to",
            dest="until",
            type=_day,
            help="up to and with this day (default: the last entry)",
        )
        parser.add_argument(
            "--expected", type=Path, help=f"CSV with the columns {', '.join(COLUMNS)}"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.add_argument("--picture", type=Path, help="write a drawing (SVG) to this file")
        parser.add_argument(
            "--public-on", type=_day, default=PUBLIC_ON, help="a day to mark in the drawing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with acting_as_system("replay"):
            self._replay(options)

    def _replay(self, options: dict[str, Any]) -> None:
        expected = _expectations(options["expected"]) if options["expected"] else ()
        until = _end(options["until"])
        start = None if options["start"] is None else _midnight(options["start"])
        replays = list(replay(start=start, until=until))
        result = score(replays, expected) if expected else None
        if options["picture"]:
            _draw(options["picture"], replays, options["public_on"])
        self.stdout.write(
            json.dumps(_document(replays, result, start, until), indent=1)
            if options["json"]
            else "\n".join((*_lines(replays), *_verdict(replays, result)))
        )
        _leave_entry(len(replays), until)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no day; write it as 2019-02-07.") from error


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, unit_calendar().time_zone)


def _end(day: date | None) -> datetime:
    """The end of the day given, or of the record."""
    if day is not None:
        return _midnight(day + timedelta(days=1)) - datetime.resolution
    end = end_of_record()
    if end is None:
        raise CommandError(
            "No case is on file. Import a caseload first: manage.py import_caseload."
        )
    return end


def _expectations(path: Path) -> tuple[Expectation, ...]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = set(COLUMNS) - set(rows.fieldnames or ())
            if missing:
                raise CommandError(f"{path.name} lacks the column {min(missing)}.")
            return tuple(_expectation(row, rows.line_num, path) for row in rows)
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}.") from error


def _expectation(row: dict[str, str], line: int, path: Path) -> Expectation:
    modes = tuple(mode.strip() for mode in row["failure_modes"].split(";") if mode.strip())
    unknown = [mode for mode in modes if mode not in MUST_APPEAR]
    if unknown:
        known = ", ".join(MUST_APPEAR)
        raise CommandError(f"{path.name}:{line}: {unknown[0]!r} is not one of {known}.")
    if (row["outcome"] == "failed") != bool(modes):
        raise CommandError(
            f"{path.name}:{line}: a failed case names its failure modes, and no other case does."
        )
    return Expectation(row["case_number"], modes)


def _lines(replays: Sequence[CaseReplay]) -> Iterator[str]:
    for case in replays:
        if case.flags:
            yield case.number
            yield from map(_line, case.flags)


def _line(flag: RaisedFlag) -> str:
    resolved = "stands" if flag.resolved_at is None else f"until {_local(flag.resolved_at)}"
    late = f"{span_in_words(flag.wait)} after the breach"
    return f"  {_local(flag.raised_at)}  {flag.label}  ({late}; {resolved})"


def _local(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def _verdict(replays: Sequence[CaseReplay], result: Score | None) -> Iterator[str]:
    flagged = sum(bool(case.flags) for case in replays)
    yield ""
    yield f"{flagged} of {len(replays)} cases flagged."
    if result is None:
        return
    yield f"Failed cases flagged with the right kind: {len(result.flagged)} of {result.failed}"
    yield f"Worked cases flagged wrongly: {len(result.wrongly_flagged)} of {result.worked}"
    yield from _table(result)
    if result.median_wait is not None and result.worst_wait is not None:
        yield f"Breach to flag: median {result.median_wait}, worst {result.worst_wait}"
    for number, mode in result.missed:
        yield f"Missed: {number} {mode}"
    for number in result.wrongly_flagged:
        yield f"Wrongly flagged: {number}"
    if result.not_on_file:
        yield f"Not on file: {len(result.not_on_file)} of the cases expected."


def _table(result: Score) -> Iterator[str]:
    width = max((len(mode.mode) for mode in result.modes), default=0)
    for mode in result.modes:
        share = f"{mode.flagged / mode.cases:.0%}"
        yield f"  {mode.mode:<{width}}  {mode.flagged:>3} of {mode.cases:>3}  {share:>4}"


def _document(
    replays: Sequence[CaseReplay], result: Score | None, start: datetime | None, until: datetime
) -> dict[str, Any]:
    return {
        "from": start.isoformat() if start else None,
        "to": until.isoformat(),
        "cases": len(replays),
        "flagged": sum(bool(case.flags) for case in replays),
        "flags": [
            {"case_number": case.number, **_flag(flag)} for case in replays for flag in case.flags
        ],
        "expected": None if result is None else _score(result),
    }


def _flag(flag: RaisedFlag) -> dict[str, Any]:
    return {
        "kind": flag.kind,
        "clock": flag.clock_kind,
        "breach_at": flag.since.isoformat(),
        "raised_at": flag.raised_at.isoformat(),
        "resolved_at": None if flag.resolved_at is None else flag.resolved_at.isoformat(),
    }


def _score(result: Score) -> dict[str, Any]:
    return {
        "failed": result.failed,
        "failed_flagged": len(result.flagged),
        "worked": result.worked,
        "worked_flagged": len(result.wrongly_flagged),
        "by_failure_mode": {
            mode.mode: {"cases": mode.cases, "flagged": mode.flagged} for mode in result.modes
        },
        "median_breach_to_flag_s": _seconds(result.median_wait),
        "worst_breach_to_flag_s": _seconds(result.worst_wait),
        "missed": [list(item) for item in result.missed],
        "wrongly_flagged": list(result.wrongly_flagged),
        "not_on_file": list(result.not_on_file),
    }


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def _draw(path: Path, replays: Sequence[CaseReplay], public_on: date) -> None:
    first = [case.flags[0].raised_at for case in replays if case.flags]
    zone = unit_calendar().time_zone
    try:
        drawn = picture(first, cases=len(replays), public_on=public_on, zone=zone)
    except ValueError as error:
        raise CommandError(str(error)) from error
    try:
        path.write_text(render_to_string("replay.svg", {"picture": drawn}), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} can't be written: {error.strerror}.") from error


def _leave_entry(cases: int, until: datetime) -> None:
    with transaction.atomic():
        record(
            Event.REPLAY_RAN,
            at=timezone.now(),
            details={"cases": cases, "until": until.isoformat()},
        )
