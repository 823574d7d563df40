"""How does the whole of caseunit run on one machine until Ctrl-C?"""

from pathlib import Path

from caseunit.embedded.home import Home


def serve(home: Home, checkout: Path, *, fresh: bool, port: int) -> int:
    raise NotImplementedError
