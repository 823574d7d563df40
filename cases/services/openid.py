"""How does an OpenID Connect provider vouch for somebody? Its code is exchanged, its token checked.

Authorization code flow with PKCE. The provider's document and keys are read anew each time, so
that nothing has to be told when it changes its keys. Nothing is written here.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from cases.rules.vouching import Question, Vouched, has_second, why_not_believed

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
TIMEOUT_SECONDS = 5
LONGEST_ANSWER = 256 * 1024


class Disbelieved(ValueError):
    """What came is not what a provider says of somebody who may sign in; why, in one word."""


class Away(OSError):
    """The provider does not answer, or nothing that can be read."""


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """A provider's own addresses lead nowhere else."""


_opener = build_opener(_NoRedirects)


def sign_in_address(*, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
    """Where the browser is sent. The provider asks again, whoever is signed in there. Raises Away.

    Otherwise a desk that was locked after half an hour would open by a click.
    """
    known: Any = settings.OPENID
    asked = {
        "response_type": "code",
        "scope": "openid",
        "client_id": known.client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "nonce": nonce,
        "code_challenge": _challenge(verifier),
        "code_challenge_method": "S256",
        "prompt": "login",
        "max_age": "0",
    }
    address = _document()["authorization_endpoint"]
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"


def vouched_for(
    *,
    code: str,
    redirect_uri: str,
    verifier: str,
    nonce: str,
    asked_at: datetime,
    now: datetime,
    issuer: str | None = None,
) -> Vouched:
    """Whom the provider vouches for, in exchange for its code. Raises Disbelieved, Away.

    `issuer` is who says that the code is theirs, where they say it [RFC 9207].
    """
    known: Any = settings.OPENID
    if issuer is not None and issuer != known.issuer:
        raise Disbelieved("issuer")
    document = _document()
    token = _exchange(document["token_endpoint"], code, redirect_uri, verifier)
    claims = _signed_claims(token, document["jwks_uri"])
    question = Question(known.issuer, known.client_id, nonce, asked_at)
    why = why_not_believed(claims, question, now)
    if why:
        raise Disbelieved(why)
    return Vouched(known.issuer, claims["sub"], has_second(claims, known.second))


def _document() -> dict[str, str]:
    """What the provider says of itself; for its own issuer only."""
    known: Any = settings.OPENID
    issuer: str = known.issuer
    said = _fetched(Request(f"{issuer.rstrip('/')}/.well-known/openid-configuration"))  # noqa: S310
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if said.get("issuer") != issuer or not all(isinstance(said.get(one), str) for one in names):
        raise Away("The provider describes another issuer, or not its addresses.")
    scheme = urlsplit(issuer).scheme
    if any(urlsplit(said[one]).scheme != scheme for one in names):
        raise Away("The provider's addresses are less safe than its issuer.")
    return said


def _exchange(address: str, code: str, redirect_uri: str, verifier: str) -> str:
    known: Any = settings.OPENID
    pair = f"{quote(known.client_id, safe='')}:{quote(known.client_secret, safe='')}"
    sent = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    said = _fetched(Request(address, urlencode(sent).encode(), headers))  # noqa: S310
    token = said.get("id_token")
    if not isinstance(token, str):
        raise Disbelieved("no token")
    return token


def _signed_claims(token: str, address: str) -> Mapping[str, Any]:
    """What a key of the provider's has signed; of a kind that only it can have made."""
    published = _fetched(Request(address)).get("keys")  # noqa: S310
    keys = [
        one
        for one in (published if isinstance(published, list) else [])
        if isinstance(one, dict)
        and one.get("kty") in {"RSA", "EC"}
        and one.get("use", "sig") == "sig"
    ]
    try:
        return jwt.decode(token, KeySet.import_key_set({"keys": keys}), ALGORITHMS).claims
    except (JoseError, ValueError, KeyError, TypeError):
        raise Disbelieved("signature") from None


def _fetched(request: Request) -> dict[str, Any]:
    """A JSON object. A refusal by the provider is one of us; anything else is its absence."""
    try:
        with _opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            said = _decoded(answer)
    except HTTPError as error:
        error.close()
        if request.data is not None and error.code in {400, 401, 403}:
            raise Disbelieved("exchange") from None
        raise Away("The provider answers with an error.") from None
    except (OSError, HTTPException, ValueError, RecursionError):
        raise Away("The provider does not answer.") from None
    if not isinstance(said, dict):
        raise Away("The provider's answer can't be read.")
    return said


def _decoded(answer: HTTPResponse) -> Any:
    return json.loads(answer.read(LONGEST_ANSWER))


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
