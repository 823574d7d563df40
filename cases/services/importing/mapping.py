"""Which column of another department's export is which? A mapping: data, checked before it is used.

The same dict comes from a TOML file, from the database (`SavedMapping.body`) and from the page that
draws one; docs/import.md describes it.
"""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from cases.services.importing.errors import ImportRefused
from cases.services.importing.fields import FIELDS, Kind

SHIPPED = Path(__file__).resolve().parents[2] / "mappings"
SCHEMA = 1
ENCODINGS = ("auto", "utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1")
DELIMITERS = {"auto": "auto", "comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
RULE_KEYS = frozenset(
    {"column", "time_column", "formats", "codes", "default", "value", "not_recorded", "unknown"}
)
TOP_KEYS = frozenset({"schema", "title", "time_zone", "file", "fields"})
UNASSIGNED = "unassigned"
MOST_CODES = 2_000
FACTORY_DAY = datetime(2024, 11, 23, 14, 5, 9, tzinfo=UTC)


class MappingRefused(ImportRefused):
    """The mapping can't be used; the sentence names the key and says what is expected there."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one field is read. `codes` has folded keys; `value` is a constant instead of a column."""

    column: str = ""
    time_column: str = ""
    formats: tuple[str, ...] = ("iso",)
    codes: Mapping[str, str] = field(default_factory=dict)
    default: str | None = None
    value: str | None = None
    not_recorded: frozenset[str] = frozenset()
    lands_unassigned: bool = False


@dataclass(frozen=True, slots=True)
class FieldMap:
    """A checked mapping. `body` is the dict it was made of, as it is saved."""

    body: Mapping[str, Any]
    title: str
    zone: ZoneInfo
    encoding: str
    delimiter: str
    rules: Mapping[str, Rule]

    def columns(self) -> list[str]:
        """Every column that is read, once."""
        used = (name for rule in self.rules.values() for name in (rule.column, rule.time_column))
        return list(dict.fromkeys(filter(None, used)))

    def carries(self) -> list[str]:
        """What an import by this mapping says about a case; rules judge it by nothing else."""
        said = {
            "suspects": ("suspect_name", "suspect_status"),
            "assignments": ("assigned_badge",),
        }
        return [what for what, names in said.items() if any(name in self.rules for name in names)]


def shipped() -> dict[str, Path]:
    """The mappings that come with the product, by name."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.toml"))}


def mapping_file(path: Path) -> FieldMap:
    """The mapping in a TOML file. Raises MappingRefused."""
    try:
        body = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError:
        raise MappingRefused("The mapping can't be read: there is no such file.") from None
    except UnicodeDecodeError:
        raise MappingRefused("The mapping is not UTF-8 text. Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise MappingRefused(f"The mapping is not TOML: {error}.") from None
    return mapping_of(body)


def mapping_of(body: Mapping[str, Any]) -> FieldMap:
    """The mapping that `body` describes. Raises MappingRefused."""
    _only(body, TOP_KEYS, "the mapping")
    if body.get("schema") != SCHEMA:
        raise MappingRefused(f"schema must be {SCHEMA}.")
    given = body.get("fields")
    if not isinstance(given, Mapping) or not given:
        raise MappingRefused("fields is empty. Say at least which column is the case number.")
    _only(given, FIELDS, "fields")
    rules = {name: _rule(name, one) for name, one in given.items()}
    _require_fields(rules)
    written = _table(body.get("file", {}), "file")
    _only(written, {"encoding", "delimiter"}, "file")
    return FieldMap(
        body=body,
        title=_text(body.get("title", ""), "title"),
        zone=_zone(_text(body.get("time_zone", settings.TIME_ZONE), "time_zone")),
        encoding=_one_of(written.get("encoding", "auto"), ENCODINGS, "file.encoding"),
        delimiter=DELIMITERS[
            _one_of(written.get("delimiter", "auto"), DELIMITERS, "file.delimiter")
        ],
        rules=rules,
    )


def _require_fields(rules: Mapping[str, Rule]) -> None:
    missing = [name for name, one in FIELDS.items() if one.required and name not in rules]
    if missing:
        raise MappingRefused(
            f"fields lacks {', '.join(missing)}. Give each a column, or where it is always the "
            "same a value."
        )
    for name in ("case_number", "received_at"):
        if not rules[name].column:
            raise MappingRefused(f"fields.{name} needs a column; a value can't serve every case.")
    if "victim_name" in rules and {"victim_first_name", "victim_last_name"} & rules.keys():
        raise MappingRefused(
            "fields has victim_name and also victim_first_name or victim_last_name. Keep one of "
            "the two ways."
        )


def _rule(name: str, given: object) -> Rule:
    at = f"fields.{name}"
    table = _table(given, at)
    _only(table, RULE_KEYS, at)
    if ("column" in table) == ("value" in table):
        raise MappingRefused(f"{at} needs either a column or a value.")
    rule = Rule(
        column=_text(table.get("column", ""), f"{at}.column"),
        time_column=_text(table.get("time_column", ""), f"{at}.time_column"),
        formats=_formats(table.get("formats", ["iso"]), f"{at}.formats"),
        codes=_codes(table.get("codes", {}), f"{at}.codes"),
        default=_maybe(table.get("default"), f"{at}.default"),
        value=_maybe(table.get("value"), f"{at}.value"),
        not_recorded=frozenset(
            map(folded, _texts(table.get("not_recorded", []), f"{at}.not_recorded"))
        ),
        lands_unassigned=_one_of(
            table.get("unknown", "refuse"), ("refuse", UNASSIGNED), f"{at}.unknown"
        )
        == UNASSIGNED,
    )
    _check_words(name, rule)
    return rule


def _check_words(name: str, rule: Rule) -> None:
    """What codes translate to must be words of the field's closed list."""
    kind, words = FIELDS[name].kind, FIELDS[name].words
    if kind == Kind.YES:
        words = {"yes": "", "no": ""}
    if words is None:
        return
    for target in (*rule.codes.values(), rule.default, rule.value):
        if target not in (None, "") and target not in words:
            raise MappingRefused(
                f"fields.{name} translates to a word that it can't have. "
                f"Use one of: {', '.join(filter(None, words))}."
            )


def folded(text: str) -> str:
    """A code or a column's name without what differs by accident: case, spaces, a trailing .0."""
    plain = " ".join(text.replace("\ufeff", "").split()).casefold()
    whole, dot, rest = plain.partition(".")
    return whole if dot and whole.isdigit() and not rest.strip("0") else plain


def _codes(given: object, at: str) -> dict[str, str]:
    table = _table(given, at)
    if len(table) > MOST_CODES:
        raise MappingRefused(f"{at} has more than {MOST_CODES:,} codes.")
    return {folded(str(code)): _text(word, f"{at}") for code, word in table.items()}


def _formats(given: object, at: str) -> tuple[str, ...]:
    formats = _texts(given, at)
    for pattern in formats:
        if pattern != "iso" and not _reads_dates(pattern):
            raise MappingRefused(
                f"{at} has a date format that can't be read. Write it as %m/%d/%Y %H:%M, or iso."
            )
    if not formats:
        raise MappingRefused(f"{at} is empty. Write it as %m/%d/%Y %H:%M, or iso.")
    return tuple(formats)


def _reads_dates(pattern: str) -> bool:
    """Whether a day written in the format is read back as that day."""
    try:
        read = datetime.strptime(FACTORY_DAY.strftime(pattern), pattern)  # noqa: DTZ007
    except ValueError:
        return False
    return read.date() == FACTORY_DAY.date()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise MappingRefused(
            "time_zone is no time zone. Write it as America/Los_Angeles."
        ) from None


def _only(given: Mapping[str, Any], known: Collection[str], at: str) -> None:
    unknown = sorted(str(key) for key in given if key not in known)
    if unknown:
        raise MappingRefused(
            f"{at} has no key {', '.join(unknown)}. It may have: {', '.join(sorted(known))}."
        )


def _table(given: object, at: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise MappingRefused(f"{at} must be a table.")
    return given


def _text(given: object, at: str) -> str:
    if not isinstance(given, str):
        raise MappingRefused(f"{at} must be text in quotation marks.")
    return given


def _maybe(given: object, at: str) -> str | None:
    return None if given is None else _text(given, at)


def _texts(given: object, at: str) -> list[str]:
    if not isinstance(given, list):
        raise MappingRefused(f"{at} must be a list of texts.")
    return [_text(one, at) for one in given]


def _one_of(given: object, allowed: Collection[str], at: str) -> str:
    if given not in allowed:
        raise MappingRefused(f"{at} must be one of: {', '.join(allowed)}.")
    return str(given)
