"""Is a vulnerability known in what we depend on, and how much of it could be asked about at all?

pip-audit knows of none also when it could look up nothing, so what it skipped is counted.
"""

import json
import subprocess
import sys

TIMEOUT_SECONDS = 300


def main(requirements: str) -> int:
    command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--format=json"]
    try:
        result = subprocess.run(
            [*command, "--requirement", requirements],
            check=False,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
        )
        found = json.loads(result.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, json.JSONDecodeError, KeyError):
        print("Nothing was audited: the service that knows of vulnerabilities did not answer.")
        return 0
    return report(found)


def report(found: list[dict[str, object]]) -> int:
    """0 when no vulnerability is known; prints what was not looked up."""
    skipped = [package["name"] for package in found if "skip_reason" in package]
    vulnerable = [package for package in found if package.get("vulns")]
    print(f"{len(found) - len(skipped)} of {len(found)} packages were audited.")
    if skipped:
        print(f"Not audited, because not found there: {', '.join(map(str, skipped))}")
    for package in vulnerable:
        print(f"{package['name']} {package['version']}: {package['vulns']}")
    return 1 if vulnerable else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
