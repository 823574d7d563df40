#!/usr/bin/env python
"""How is a management command run against servers that the environment names?

`python3 run.py manage …` does the same with the embedded servers and the installed packages.
"""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "caseunit.settings.base")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
