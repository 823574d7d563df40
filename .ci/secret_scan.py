"""Does a file that is kept under version control hold a secret?

    python .ci/secret_scan.py [FILE…]    without files: all that git keeps

Known shapes first: private keys, tokens of services that mark theirs, addresses with a password in
them. Then what no shape tells: a long value by chance, given to a name that means a secret. What is
invented or shown as an example says so on its line with `not a secret`, and why it is none.
"""

import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

SHAPES = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]{2,9} ){0,3}PRIVATE KEY-----"),
    "an AWS key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_[A-Za-z0-9_]{60}"),
    "a GitLab token": re.compile(r"\bglpat-[A-Za-z0-9_-]{20}"),
    "a Slack token": re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,100}"),
    "a Google key": re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b"),
    "a package index's token": re.compile(r"\bpypi-AgE[A-Za-z0-9_-]{50}|\bnpm_[A-Za-z0-9]{36}"),
    "a signed token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,500}\.eyJ[A-Za-z0-9_-]{10,500}\."),
    "a vault token": re.compile(r"\bhv[sb]\.[A-Za-z0-9_-]{24}"),
}
URL = re.compile(r"\b[a-z][a-z0-9+]{2,20}://[^\s:/@'\"{}<>$%]{1,60}:([^\s:/@'\"{}<>$%]{6,100})@")
NAMED = re.compile(
    r"(?i)\b[a-z0-9_-]{0,40}(?:secret|passw(?:or)?d|token|api_?key|private_?key|seal_?keys?|"
    r"digest_?key|audit_?key|blind_?keys?)[a-z0-9_-]{0,20}['\"]?\]?\s{0,3}(?:=|:)\s{0,3}"
    r"['\"]?(?:[A-Za-z0-9_-]{1,32}:)?([A-Za-z0-9+/_=-]{20,200})(?![A-Za-z0-9+/_=.(\[-])"
)
EXCUSED = "not a secret"
SKIPPED = {".png", ".pdf", ".jpg", ".woff2", ".lock", ".svg"}
# By how many kinds of characters a value by chance of this length varies, in bits; words do less.
ENOUGH_BITS, ENOUGH_BITS_OF_HEX = 3.6, 2.7
HEX = frozenset("0123456789abcdefABCDEF-")
INVENTED = frozenset({"something", "password", "example", "secret"})


def main(names: list[str]) -> int:
    found = [finding for path in map(Path, names or _kept()) for finding in findings(path)]
    print("\n".join(found) or "No secret was found.")
    return 1 if found else 0


def findings(path: Path) -> list[str]:
    """Where, and of what kind; never the value."""
    if path.suffix in SKIPPED or not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [
        f"{path}:{number}: {what}"
        for number, line in enumerate(lines, 1)
        if EXCUSED not in line
        for what in _in_line(line)
    ]


def _in_line(line: str) -> Iterator[str]:
    yield from (what for what, shape in SHAPES.items() if shape.search(line))
    if any(value not in INVENTED for value in URL.findall(line)):
        yield "an address with a password"
    if any(_is_chance(value) for value in NAMED.findall(line)):
        yield "a value by chance under a secret's name"


def _is_chance(value: str) -> bool:
    counts = Counter(value)
    bits = -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())
    kinds = (str.isdigit, str.isupper, str.islower)
    mixed = sum(any(map(kind, value)) for kind in kinds) > 1
    return mixed and bits >= (ENOUGH_BITS_OF_HEX if HEX.issuperset(value) else ENOUGH_BITS)


def _kept() -> list[str]:
    command = ["git", "ls-files", "-z"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True)
    return [name for name in listed.stdout.split("\0") if name]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
