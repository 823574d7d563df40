"""How is an import told to somebody at a terminal?"""

import json
from typing import Protocol

from cases.models import ImportRejection, ImportRun
from cases.services.importing.engine import Tell

SHOWN = 50


class Writer(Protocol):
    """What a command writes to."""

    def write(self, msg: str) -> None: ...


def progress(stream: Writer) -> Tell:
    """A line whenever there is something to tell."""

    def tell(step: str, done: int, total: int) -> None:
        if step == "read":
            stream.write(f"Read {done:,} rows")
        else:
            stream.write(f"Landed {done:,} of {total:,} rows")

    return tell


def finished(run: ImportRun, *, as_json: bool) -> str:
    """The outcome: numbers, then rows that did not land with line and reason."""
    rejections = list(ImportRejection.objects.filter(run=run).values("file", "line", "reason"))
    if as_json:
        return json.dumps({**numbers(run), "rejections": rejections}, indent=2)
    lines = [
        f"{run.rows_total:,} rows: {run.landed:,} landed, {run.changed:,} changed, "
        f"{run.unchanged:,} unchanged, {run.blank:,} blank, {run.rejected:,} did not land."
    ]
    lines += [
        f"  {one['file']}, line {one['line']:,}: {one['reason']}" for one in rejections[:SHOWN]
    ]
    if len(rejections) > SHOWN:
        lines.append(f"  … and {len(rejections) - SHOWN:,} more; --json prints all.")
    return "\n".join(lines)


def numbers(run: ImportRun) -> dict[str, object]:
    return {
        "import": str(run.pk),
        "rows": run.rows_total,
        "landed": run.landed,
        "changed": run.changed,
        "unchanged": run.unchanged,
        "blank": run.blank,
        "rejected": run.rejected,
    }
