"""How is a value read from the environment, and what is said when it is missing or malformed?

Every name may be given as `NAME`, or as `NAME_FILE` holding the path of a file with the value,
which is how secrets reach a container. No error repeats a value.
"""

import base64
import binascii
import os
import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from environs import EnvError, FileAwareEnv

env = FileAwareEnv(strip_whitespace=True)

SECRET_KEY_MIN_LENGTH = 50
KEY_BYTES = 32
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")

T = TypeVar("T")


def required(name: str, parse: Callable[[str], T]) -> T:
    """The parsed value of a variable without which nothing starts."""
    try:
        text = env.str(name)
    except EnvError as error:
        message = f"{name} is not set. Set it, or set {name}_FILE to a file that holds it."
        raise ImproperlyConfigured(message) from error
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}_FILE names a file that can't be read.") from error
    try:
        return parse(text)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from None


def secret_key(text: str) -> str:
    if len(text) < SECRET_KEY_MIN_LENGTH:
        raise ValueError(f"needs at least {SECRET_KEY_MIN_LENGTH} characters.")
    return text


def key_bytes(text: str) -> bytes:
    """32 bytes from base64."""
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("is not base64.") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"must be {KEY_BYTES} bytes in base64, not {len(key)}.")
    return key


def seal_keys(text: str) -> list[tuple[str, bytes]]:
    """`keyid:base64,keyid:base64`; the first seals, all open."""
    return labelled(text, key_bytes)


def keep_apart(**keys: bytes) -> None:
    """No key does two things: whoever is given one to search by must not hold one that opens."""
    for (one, its), (other, others) in combinations(keys.items(), 2):
        if its == others:
            raise ImproperlyConfigured(f"{one} and {other} hold the same key. Make a new one.")


def labelled(text: str, parse: Callable[[str], bytes]) -> list[tuple[str, bytes]]:
    """A comma list of `keyid:value`, each id once."""
    keys = [_labelled(part.strip(), parse) for part in text.split(",") if part.strip()]
    if not keys:
        raise ValueError("holds no key.")
    if len({key_id for key_id, _ in keys}) != len(keys):
        raise ValueError("names the same key id twice.")
    return keys


def _labelled(part: str, parse: Callable[[str], bytes]) -> tuple[str, bytes]:
    key_id, separator, encoded = part.partition(":")
    if not separator or not KEY_ID.fullmatch(key_id):
        raise ValueError("each key reads keyid:base64, the id of letters, digits, - and _.")
    return key_id, parse(encoded)


def absolute_path(text: str) -> Path:
    path = Path(text)
    if not path.is_absolute():
        raise ValueError("must be a full path.")
    return path


def readable_file(name: str) -> Path | None:
    """The file that a variable names, which must be there; None where it is not set."""
    if not env.str(name, ""):
        return None
    path = required(name, absolute_path)
    if not path.is_file() or not os.access(path, os.R_OK):
        raise ImproperlyConfigured(f"{name} names a file that can't be read.")
    return path


def scanner(name: str) -> tuple[str, int] | str | None:
    """Where a scanner listens: `host:port`, or the full path of a socket; None where not set."""
    if not env.str(name, ""):
        return None
    return required(name, _listens_at)


def _listens_at(text: str) -> tuple[str, int] | str:
    if text.startswith("/"):
        return text
    parts = urlsplit(f"//{text}")
    if not parts.hostname or not parts.port or parts.netloc != text or parts.username is not None:
        raise ValueError("must read host:port, or be the full path of a socket.")
    return parts.hostname, parts.port


def redis_url(text: str) -> str:
    if urlsplit(text).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("must start with redis://, rediss:// or unix://.")
    return text


def broker_url(url: str) -> str:
    """The same server as Celery's library spells it: sockets have a scheme of their own."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    password = quote(unquote(parts.password or ""), safe="")
    return f"redis+socket://:{password}@{parts.path}?virtual_host=0"


def cache_url(url: str) -> str:
    """The same server's database 2, so that clearing the cache never touches the task queue."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return parts._replace(query="db=2").geturl()
    return parts._replace(path="/2").geturl()
