"""What does an OpenID Connect provider do? One on loopback, which signs and refuses for real.

It checks the client's secret, the redirect address, PKCE, and that a code is used once. `altered`
is where a test makes it lie.
"""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "caseunit", "a secret: with/odd+characters"
Sign = Callable[["OpenIDProvider", dict[str, Any]], str]


def signed(provider: "OpenIDProvider", claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": provider.key.kid}, claims, provider.key)


@dataclass
class OpenIDProvider:
    """`subject` is who signs in there next; `now` what its clock says."""

    issuer: str
    now: datetime
    subject: str = "00u-invented"
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, auto_kid=True))
    more: dict[str, Any] = field(default_factory=dict)
    sign: Sign = signed
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    published_first: list[object] = field(default_factory=list)
    padding: str = ""

    def sign_in(self, address: str) -> str:
        """Somebody signs in at the page that the browser was sent to; where it is sent back."""
        parts = urlsplit(address)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.issuer}/authorize"
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert asked["code_challenge_method"] == "S256"
        self.asked.append(asked)
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.issuer}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def exchange(self, header: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        pair = base64.b64decode(header.removeprefix("Basic ")).decode().split(":")
        if [unquote(part) for part in pair] != [CLIENT, SECRET]:
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "unused", "id_token": self.sign(self, self.claims(asked))}

    def claims(self, asked: dict[str, str]) -> dict[str, Any]:
        at = int(self.now.timestamp())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": self.subject,
            "nonce": asked["nonce"],
            "iat": at,
            "exp": at + 300,
            "auth_time": at,
            **self.more,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def document(self) -> dict[str, str]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "padding": self.padding,
        }

    def keys(self) -> dict[str, Any]:
        return {"keys": [*self.published_first, self.key.as_dict(private=False)]}


@contextmanager
def running(now: datetime) -> Iterator[OpenIDProvider]:
    """A provider that answers on a port of loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    provider = OpenIDProvider(f"http://127.0.0.1:{server.server_port}", now)
    server.provider = provider  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        provider: OpenIDProvider = self.server.provider  # type: ignore[attr-defined]
        pages = {
            "/.well-known/openid-configuration": provider.document,
            "/keys": provider.keys,
        }
        self._answer(200, pages[self.path]())

    def do_POST(self) -> None:
        provider: OpenIDProvider = self.server.provider  # type: ignore[attr-defined]
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        form = {name: values[0] for name, values in sent.items()}
        self._answer(*provider.exchange(self.headers["Authorization"], form))

    def _answer(self, status: int, said: dict[str, Any]) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""
