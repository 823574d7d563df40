"""How is a new key-encryption key made when a KMS or an HSM wraps it?

`python -m caseunit.new_seal_key k2` asks `CASEUNIT_SEAL_COMMAND` to wrap fresh random bytes, has it
unwrap them again to be sure, and prints the line for `CASEUNIT_SEAL_WRAPPED_KEYS`. The key itself
is never printed.
"""

import base64
import secrets
import sys

from django.core.exceptions import ImproperlyConfigured

from caseunit.settings.environment import KEY_BYTES, KEY_ID, required
from caseunit.settings.providers import (
    COMMAND,
    CommandFailedError,
    KeyCommand,
    command_line,
    command_seconds,
)


def wrapped_line(command: KeyCommand, key_id: str) -> str:
    """`keyid:base64` of a fresh wrapped key. Raises CommandFailedError."""
    key = secrets.token_bytes(KEY_BYTES)
    wrapped = command.wrap(key_id, key)
    if not secrets.compare_digest(command.unwrap(key_id, wrapped), key):
        raise CommandFailedError("did not unwrap what it had wrapped.")
    return f"{key_id}:{base64.b64encode(wrapped).decode()}"


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not KEY_ID.fullmatch(arguments[0]):
        sys.stderr.write("Give one key id of letters, digits, - and _: k2\n")
        return 2
    try:
        command = KeyCommand(required(COMMAND, command_line), command_seconds())
        sys.stdout.write(wrapped_line(command, arguments[0]) + "\n")
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except CommandFailedError as error:
        sys.stderr.write(f"{COMMAND}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
