"""What may a browser tell of what it refused? The directive, the host and the page's pattern.

A report holds whole addresses, a sample of the refused code and the browser's name. None of that is
kept: an address can carry a case's id, and a stranger may write whatever they like.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve

MOST_BYTES = 16 << 10
MOST_REPORTS = 10
DIRECTIVE = re.compile(r"[a-z]{1,20}(-[a-z]{1,20}){0,3}")
LABEL = re.compile(r"[a-z0-9-]{1,40}")
# What stands in a report in place of an address.
WORDS = frozenset({"inline", "eval", "wasm-eval", "data", "blob", "trusted-types-sink"})
ELSEWHERE = "elsewhere"
LABELS_KEPT = 2


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a browser did not do: by which directive, from where, on which page."""

    directive: str
    blocked: str
    page: str


def refusals_in(body: bytes) -> list[Refusal]:
    """Of both forms of report, the first few; nothing from what is none."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return []
    return list(_refusals(told))[:MOST_REPORTS]


def _refusals(told: Any) -> Iterator[Refusal]:
    for report in _reports(told):
        directive = report.get("effectiveDirective") or report.get("violated-directive")
        if isinstance(directive, str) and DIRECTIVE.fullmatch(first := directive.split(" ")[0]):
            yield Refusal(
                first,
                _host(report.get("blockedURL") or report.get("blocked-uri")),
                _page(report.get("documentURL") or report.get("document-uri")),
            )


def _reports(told: Any) -> Iterator[Mapping[str, Any]]:
    """`{"csp-report": {…}}`, or a list of `{"type": "csp-violation", "body": {…}}`."""
    if isinstance(told, dict) and isinstance(told.get("csp-report"), dict):
        yield told["csp-report"]
    for item in told if isinstance(told, list) else ():
        is_one = isinstance(item, dict) and item.get("type") == "csp-violation"
        if is_one and isinstance(item.get("body"), dict):
            yield item["body"]


def _host(address: Any) -> str:
    """The last labels of the host: what stands before them, a script could have made of a name."""
    if address in WORDS:
        return str(address)
    labels = (_split(address).hostname or "").split(".")[-LABELS_KEPT:]
    return ".".join(labels) if all(map(LABEL.fullmatch, labels)) else ELSEWHERE


def _page(address: Any) -> str:
    """The route's name."""
    try:
        return str(resolve(_split(address).path).view_name)
    except Resolver404:
        return ELSEWHERE


def _split(address: Any) -> Any:
    try:
        parts = urlsplit(address if isinstance(address, str) else "")
        _ = parts.hostname
    except ValueError:
        return urlsplit("")
    return parts
