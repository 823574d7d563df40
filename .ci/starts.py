"""Does `python3 run.py` bring up pages that work, and does Ctrl-C leave nothing behind?"""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import psutil

CHECKOUT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 600
OK = 200
ADDRESS = re.compile(r"caseunit is at (http://\S+)")
STATIC = re.compile(r'(?:href|src)="(/static/[^"]+)"')
LAST_LINE = "Ctrl-C stops everything."


def main() -> int:
    problems: list[str] = []
    command = [sys.executable, str(CHECKOUT / "run.py"), "--port", "8765"]
    started = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        address = await_address(run)
        print(f"-- the first page came after {time.monotonic() - started:.0f} s")
        if address:
            problems += wrong_answers(address)
            family = psutil.Process(run.pid).children(recursive=True)
            run.send_signal(signal.SIGINT)
            if run.wait(PATIENCE_SECONDS):
                problems.append(f"run.py ended with {run.returncode} after Ctrl-C")
            problems += [f"{process} is left behind" for process in family if is_alive(process)]
        else:
            problems.append("no address was printed")
    print("\n".join(problems) or "-- pages answered, and nothing is left behind")
    return 1 if problems else 0


def await_address(run: subprocess.Popen[str]) -> str:
    """The address, once everything is up; what comes before it is shown, and no sign-in."""
    address = ""
    for line in run.stdout or ():
        if found := ADDRESS.search(line):
            address = found[1]
        elif not address:
            print(line, end="", flush=True)
        if LAST_LINE in line:
            return address
    return ""


def wrong_answers(address: str) -> list[str]:
    """The health page, the sign-in page, and every file that it names."""
    status, page = get(address, "/sign-in/")
    wanted = ["/health/", *STATIC.findall(page)]
    answers = {"/sign-in/": status} | {path: get(address, path)[0] for path in wanted}
    wrong = [f"{path} answered {status}" for path, status in answers.items() if status != OK]
    return wrong if len(answers) > 2 else [*wrong, "the sign-in page names no static file"]


def get(address: str, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode("utf-8", errors="replace")
    finally:
        connection.close()


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


if __name__ == "__main__":
    os.chdir(CHECKOUT)
    sys.exit(main())
