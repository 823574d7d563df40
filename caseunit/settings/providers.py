"""Where do the key-encryption keys come from? Three providers, chosen by `CASEUNIT_SEAL_PROVIDER`.

`environment` reads them from `CASEUNIT_SEAL_KEYS`, `file` from a file that its owner alone may
write and nobody else may read, `command` has an external program unwrap them, so that a KMS or an
HSM holds the key that opens all others and a copy of the configuration opens nothing (decision 7).
Each gives the same list, or stops the start. No error repeats a value, nor what the program said.
"""

import base64
import binascii
import json
import os
import shlex
import signal
import stat
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

from caseunit.settings.environment import (
    absolute_path,
    env,
    key_bytes,
    labelled,
    required,
    seal_keys,
)

Keys = list[tuple[str, bytes]]

PROVIDER = "CASEUNIT_SEAL_PROVIDER"
COMMAND = "CASEUNIT_SEAL_COMMAND"
SECONDS = "CASEUNIT_SEAL_COMMAND_SECONDS"
SECONDS_DEFAULT = 10.0
SECONDS_MOST = 120.0
ANSWER_MOST_BYTES = 64 * 1024
OTHERS = stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH
# The program speaks to the KMS with its own credentials; ours are none of its business.
OURS = ("CASEUNIT_", "DATABASE_URL", "REDIS_URL")


class CommandFailedError(ValueError):
    """The program did not give what was asked for. Says how it failed, never what it said."""


def provided_keys() -> Keys:
    """The key-encryption keys, the current one first. Raises ImproperlyConfigured."""
    chosen = env.str(PROVIDER, "environment")
    provider = PROVIDERS.get(chosen)
    if provider is None:
        raise ImproperlyConfigured(f"{PROVIDER} must be one of {', '.join(PROVIDERS)}.")
    return provider()


def _from_environment() -> Keys:
    return required("CASEUNIT_SEAL_KEYS", seal_keys)


def _from_file() -> Keys:
    return required("CASEUNIT_SEAL_KEYS_PATH", keys_in_file)


def _from_command() -> Keys:
    program = required(COMMAND, command_line)
    wrapped = required("CASEUNIT_SEAL_WRAPPED_KEYS", wrapped_keys)
    command = KeyCommand(program, command_seconds())
    try:
        return [(key_id, command.unwrap(key_id, blob)) for key_id, blob in wrapped]
    except CommandFailedError as error:
        raise ImproperlyConfigured(f"{COMMAND}: {error}") from None


PROVIDERS: Mapping[str, Callable[[], Keys]] = {
    "environment": _from_environment,
    "file": _from_file,
    "command": _from_command,
}


def keys_in_file(text: str) -> Keys:
    """One `keyid:base64` a line, `#` before a comment; the first seals, all open."""
    path = absolute_path(text)
    try:
        with path.open(encoding="utf-8") as file:
            _check_private(os.fstat(file.fileno()))
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError):
        raise ValueError("names a file that can't be read.") from None
    return seal_keys(",".join(line for line in lines if not line.lstrip().startswith("#")))


def _check_private(file: os.stat_result) -> None:
    if not stat.S_ISREG(file.st_mode):
        raise ValueError("must name a regular file.")
    if file.st_mode & OTHERS:
        raise ValueError("names a file that others may read or write; make it 0600 or 0640.")
    if file.st_uid not in {os.geteuid(), 0}:
        raise ValueError("names a file of another user.")


def command_line(text: str) -> tuple[str, ...]:
    """A program by its full path, and its arguments. No shell reads it."""
    try:
        words = tuple(shlex.split(text))
    except ValueError:
        raise ValueError("has an unclosed quotation.") from None
    if not words or not os.access(absolute_path(words[0]), os.X_OK):
        raise ValueError("must begin with the full path of a program that may be run.")
    return words


def wrapped_keys(text: str) -> Keys:
    """`keyid:base64`, as `python -m caseunit.new_seal_key` prints them; any length."""
    return labelled(text, any_bytes)


def any_bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("is not base64.") from None


def command_seconds() -> float:
    try:
        seconds = float(env.str(SECONDS, str(SECONDS_DEFAULT)))
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= SECONDS_MOST:
        raise ImproperlyConfigured(f"{SECONDS} must be between 0 and {SECONDS_MOST:g} seconds.")
    return seconds


@dataclass(frozen=True)
class KeyCommand:
    """An external program that wraps and unwraps keys: one JSON object in, one out, and an end."""

    words: tuple[str, ...]
    seconds: float

    def unwrap(self, key_id: str, wrapped: bytes) -> bytes:
        """32 bytes. Raises CommandFailedError."""
        answer = self._ask("unwrap", key_id, wrapped=base64.b64encode(wrapped).decode())
        try:
            return key_bytes(answer.get("key", ""))
        except ValueError:
            raise CommandFailedError(f"gave no key of 32 bytes for {key_id!r}.") from None

    def wrap(self, key_id: str, key: bytes) -> bytes:
        """What the program makes of the key. Raises CommandFailedError."""
        answer = self._ask("wrap", key_id, key=base64.b64encode(key).decode())
        try:
            wrapped = any_bytes(answer.get("wrapped", ""))
        except ValueError:
            wrapped = b""
        if not wrapped or key in wrapped:
            raise CommandFailedError(f"gave no wrapped key for {key_id!r}.")
        return wrapped

    def _ask(self, what: str, key_id: str, **more: str) -> dict[str, str]:
        question = json.dumps({"version": 1, "do": what, "key_id": key_id, **more})
        output = self._run(question.encode())
        try:
            answer = json.loads(output[:ANSWER_MOST_BYTES])
        except ValueError:
            raise CommandFailedError(f"did not answer in JSON when asked to {what}.") from None
        if not isinstance(answer, dict):
            raise CommandFailedError(f"did not answer with a JSON object when asked to {what}.")
        return {name: value for name, value in answer.items() if isinstance(value, str)}

    def _run(self, question: bytes) -> bytes:
        try:
            process = subprocess.Popen(  # noqa: S603 - no shell, and only the administrator names it
                self.words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_theirs(),
                start_new_session=True,
            )
        except OSError:
            raise CommandFailedError("could not be started.") from None
        try:
            output, _ = process.communicate(question, timeout=self.seconds)
        except subprocess.TimeoutExpired:
            raise CommandFailedError(f"did not answer within {self.seconds:g} s.") from None
        finally:
            _end(process)
        if process.returncode != 0:
            raise CommandFailedError(f"ended with status {process.returncode}.")
        return output


def _theirs() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Whatever it started ends with it, answered or not."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.wait()
