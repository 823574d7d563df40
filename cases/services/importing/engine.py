"""How does a file become cases? Read and staged first, then landed batch by batch.

Everything is read before anything lands, so that a file that can't be read to its end changes
nothing. Each batch is one transaction; a killed import leaves whole batches, and run again it goes
on.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import F

from cases.models import ImportRejection, ImportRun, Squad
from cases.services.importing.bundle import Reader, read_file
from cases.services.importing.deciding import Planner
from cases.services.importing.errors import ImportRefused, RowRefused
from cases.services.importing.known import Known, known_to
from cases.services.importing.landing import Landing
from cases.services.importing.mapping import FieldMap
from cases.services.importing.officers import OfficerBook
from cases.services.importing.one_file import Made, read_mapped
from cases.services.importing.planning import Rejection, Tally
from cases.services.importing.rows import CASES, EVENTS, OFFICERS, ONE_FILE, REFERRALS, OfficerRow
from cases.services.importing.sources import Source
from cases.services.importing.staging import Group, Staging

BUNDLE_CARRIES = ("assignments", "referrals", "responses", "reviews", "suspects")
READ_ORDER = (OFFICERS, CASES, REFERRALS, EVENTS)
STAGED = (CASES, REFERRALS, EVENTS, ONE_FILE)
TELL_EVERY = 20_000
KEEP_REJECTIONS = 1_000
MOST_OFFICERS = 50_000

Tell = Callable[[str, int, int], None]


def silent(step: str, done: int, total: int) -> None:
    """Tell nobody."""
    del step, done, total


@dataclass(slots=True)
class Job:
    """One import at work. `most_rows` cuts a preview short; `tell` hears of progress."""

    run: ImportRun
    source: Source
    mapping: FieldMap | None
    now: datetime
    squad: Squad | None = None
    tell: Tell = silent
    most_rows: int | None = None
    total: int = 0
    blank: int = 0
    was_cut: bool = False
    tally: Tally = field(default_factory=Tally)
    kinds: Counter[str] = field(default_factory=Counter)
    waiting: list[Rejection] = field(default_factory=list)

    def read(self, book: OfficerBook, staging: Staging) -> None:
        """Read every row and stage what can land. Raises ImportRefused."""
        if self.source.kind == "bundle":
            for name in READ_ORDER:
                self._read_bundle_file(name, book, staging)
        else:
            self._read_one_file(book, staging)
        self.keep_rejections()

    def _read_bundle_file(self, name: str, book: OfficerBook, staging: Staging) -> None:
        reader = Reader(ZoneInfo(settings.TIME_ZONE), self.now)
        for row, made, problem in read_file(name, self.source.files[name], reader):
            if not self._goes_on():
                return
            if problem:
                self.reject(name, row.line, problem)
            elif made is None:
                self._skip_blank()
            elif isinstance(made, OfficerRow):
                self._read_officer(book, row.line, made)
            else:
                self.kinds[name] += 1
                staging.add(row.line, made)

    def _read_officer(self, book: OfficerBook, line: int, made: OfficerRow) -> None:
        if len(book.officers) > MOST_OFFICERS:
            raise ImportRefused(
                f"{OFFICERS} names more than {MOST_OFFICERS:,} officers. Check the file."
            )
        self.kinds[OFFICERS] += 1
        try:
            self.tally.count(book.read(made))
        except RowRefused as refused:
            self.reject(OFFICERS, line, str(refused))

    def _read_one_file(self, book: OfficerBook, staging: Staging) -> None:
        if self.mapping is None:
            raise ImportRefused("A file that is no bundle needs a mapping. Choose or draw one.")
        for row, made, problem in read_mapped(self.source.files["file"], self.mapping, self.now):
            if not self._goes_on():
                return
            if problem:
                self.reject(ONE_FILE, row.line, problem)
            elif made is None:
                self._skip_blank()
            else:
                self._stage(row.line, made, book, staging)

    def _stage(self, line: int, made: Made, book: OfficerBook, staging: Staging) -> None:
        case, report = made
        if report is not None and report.badge and book.find(report.badge) is None:
            if not self.lands_unassigned("report_badge"):
                problem = "report_badge is not on record. Add the officer, or correct the badge."
                self.reject(ONE_FILE, line, problem)
                return
            report = report.without_badge()
        self.kinds[ONE_FILE] += 1
        staging.add(line, case)
        if report is not None:
            staging.add(line, report)

    def lands_unassigned(self, field_name: str = "assigned_badge") -> bool:
        rule = self.mapping.rules.get(field_name) if self.mapping else None
        return rule is not None and rule.lands_unassigned

    def _goes_on(self) -> bool:
        if self.most_rows is not None and self.total >= self.most_rows:
            self.was_cut = True
            return False
        self.total += 1
        if self.total % TELL_EVERY == 0:
            self.tell("read", self.total, 0)
        return True

    def _skip_blank(self) -> None:
        self.blank += 1

    def reject(self, file: str, line: int, reason: str) -> None:
        self.note_rejections([Rejection(file, line, reason)])

    def note_rejections(self, rejections: list[Rejection]) -> None:
        self.waiting += rejections
        self.tally.rejections_count += len(rejections)
        if len(self.waiting) >= KEEP_REJECTIONS:
            self.keep_rejections()

    def keep_rejections(self) -> None:
        ImportRejection.objects.bulk_create(
            [
                ImportRejection(run=self.run, file=one.file, line=one.line, reason=one.reason[:300])
                for one in self.waiting
            ]
        )
        self.waiting.clear()

    # -- decide and land --------------------------------------------------------------------------

    def planner(self, book: OfficerBook) -> Planner:
        return Planner(
            book, one_file=self.source.kind == "csv", lands_unassigned=self.lands_unassigned()
        )

    def landing(self) -> Landing:
        carries = BUNDLE_CARRIES if self.mapping is None else tuple(self.mapping.carries())
        return Landing(self.run, carries, self.squad, self.now)

    def decide(self, book: OfficerBook, staging: Staging) -> None:
        """What would become of every staged row, without writing any of it."""
        planner = self.planner(book)
        for groups in staging.batches():
            plan = planner.plan(groups, self._known(groups, lock=False))
            self._add(plan.tally)

    def _known(self, groups: list[Group], *, lock: bool) -> Known:
        return known_to(groups, lock=lock, asker=self.run.requested_by_id)

    def count_officers(self, at: datetime) -> None:
        """Show on the run what has landed so far: officers, and how many rows there are."""
        staged = sum(self.kinds[name] for name in STAGED)
        ImportRun.objects.filter(pk=self.run.pk).update(
            rows_total=self.total,
            rows_done=self.total - staged,
            landed=F("landed") + self.tally.landed,
            changed=F("changed") + self.tally.changed,
            heartbeat_at=at,
        )

    def land(self, book: OfficerBook, staging: Staging, clock: Callable[[], datetime]) -> None:
        """Land every staged row, batch by batch."""
        planner, landing = self.planner(book), self.landing()
        done = self.total - sum(self.kinds[name] for name in STAGED)
        for groups in staging.batches():
            self._land_batch(planner, landing, groups, clock)
            done += self._lines(groups)
            self.tell("land", done, self.total)

    def _lines(self, groups: list[Group]) -> int:
        """How many lines of the files: in one file, a case and its report share one."""
        if self.source.kind == "csv":
            return sum(len(group.cases) for group in groups)
        return sum(group.size for group in groups)

    def _land_batch(
        self,
        planner: Planner,
        landing: Landing,
        groups: list[Group],
        clock: Callable[[], datetime],
    ) -> None:
        with transaction.atomic():
            plan = planner.plan(groups, self._known(groups, lock=True))
            landing.land(plan)
            self._add(plan.tally)
            self.keep_rejections()
            ImportRun.objects.filter(pk=self.run.pk).update(
                rows_done=F("rows_done") + self._lines(groups),
                landed=F("landed") + plan.tally.landed,
                changed=F("changed") + plan.tally.changed,
                unchanged=F("unchanged") + plan.tally.unchanged,
                rejected=self.tally.rejections_count,
                heartbeat_at=clock(),
            )

    def _add(self, tally: Tally) -> None:
        self.tally.landed += tally.landed
        self.tally.changed += tally.changed
        self.tally.unchanged += tally.unchanged
        self.note_rejections(tally.rejections)
