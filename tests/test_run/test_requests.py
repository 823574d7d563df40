"""Is a request that two servers could cut in two places refused before it reaches a page?

The web server's own reader, with the settings it runs with (`caseunit/production/web_server.py`).
"""

from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import ParseException
from gunicorn.http.parser import RequestParser

from caseunit.production import web_server

POST = b"POST /sign-in/ HTTP/1.1\r\nHost: unit.example\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
BODY = b"5\r\nhello\r\n0\r\n\r\n"


def _read(raw: bytes) -> tuple[bytes, dict[str, str]]:
    """The body and the headers of the first request in what a connection sent."""
    config: Any = Config()
    for name, value in vars(web_server).items():
        if name in config.settings:
            config.set(name, value)
    request = next(iter(RequestParser(config, iter([raw]), ("192.0.2.7", 40_000))))
    return request.body.read(), dict(request.headers)


@pytest.mark.parametrize("raw", [b"Content-Length: 5\r\n\r\nhello", CHUNKED + b"\r\n" + BODY])
def test_a_plain_request_is_read(raw: bytes) -> None:
    assert _read(POST + raw)[0] == b"hello"


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Length: 5\r\n" + CHUNKED + b"\r\n" + BODY,
        b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"Content-Length: 5, 5\r\n\r\nhello",
        b"Content-Length: +5\r\n\r\nhello",
        b"Content-Length: 0x5\r\n\r\nhello",
        b"Transfer-Encoding: chunked, identity\r\n\r\n" + BODY,
        b"Transfer-Encoding: \x0bchunked\r\n\r\n" + BODY,
        b"Transfer-Encoding : chunked\r\n\r\n" + BODY,
        CHUNKED + b"\r\n-5\r\nhello\r\n0\r\n\r\n",
        CHUNKED + b"\r\n5;x\nhello\r\n0\r\n\r\n",
        b"X-Any: one\r\n two\r\n\r\n",
        b"X-Any: one\x00two\r\n\r\n",
        b"Host: evil.example\r\n\r\n",
        b"X-Any: " + b"a" * 9_000 + b"\r\n\r\n",
        b"".join(b"X-%d: a\r\n" % at for at in range(101)) + b"\r\n",
    ],
)
def test_what_could_be_cut_in_two_places_is_refused(raw: bytes) -> None:
    with pytest.raises((ParseException, OSError)):
        _read(POST + raw)


def test_an_endless_address_is_refused() -> None:
    with pytest.raises(ParseException):
        _read(b"GET /" + b"a" * 5_000 + b" HTTP/1.1\r\nHost: unit.example\r\n\r\n")


def test_no_header_passes_for_the_proxys_by_another_spelling() -> None:
    """WSGI makes one name of `X_Forwarded_Proto` and `X-Forwarded-Proto`."""
    headers = _read(POST + b"X_Forwarded_Proto: https\r\nX-Any: a\r\n\r\n")[1]

    assert headers == {"HOST": "unit.example", "X-ANY": "a"}
