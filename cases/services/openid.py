"""How does an OpenID Connect provider vouch for somebody? Its code is exchanged, its token checked.

Authorization code flow with PKCE. The provider's document and keys are read anew each time, so
that nothing has to be told when it changes its keys. Nothing is written here.
"""

import base64
import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import datetime
from http.client import HTTPException, HTTPResponse
from time import monotonic
from typing import Any, NoReturn
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from cases.rules.vouching import Question, Vouched, has_second, why_not_believed

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
KINDS: dict[str, type[RSAKey | ECKey]] = {"RSA": RSAKey, "EC": ECKey}
TIMEOUT_SECONDS = 5
LONGEST_ANSWER = 256 * 1024
PIECE = 16 * 1024
# What a provider may say went wrong [RFC 6749, 4.1.2.1 and 5.2; OpenID Connect Core, 3.1.2.6]. Any
# other word is somebody's own and is not repeated.
AWAY = frozenset({"server_error", "temporarily_unavailable"})
ERRORS = AWAY | {
    "access_denied",
    "account_selection_required",
    "consent_required",
    "interaction_required",
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "login_required",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
}

log = logging.getLogger(__name__)


class Disbelieved(ValueError):
    """What came is not what a provider says of somebody who may sign in; why, in one word.

    `said`: the provider's own word for it, where it is one of the standard's.
    """

    def __init__(self, why: str, said: str = "") -> None:
        super().__init__(why)
        self.said = said


class Declined(Disbelieved):
    """The provider itself did not sign anybody in: they cancelled there, or it refused."""

    def __init__(self, said: str = "") -> None:
        super().__init__("provider refused", said)


class Away(OSError):
    """The provider does not answer, or nothing that can be read.

    Why goes to the process's log: nobody has tried to get in, and it is the operator's to mend.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        log.warning("OpenID Connect: %s", why)


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


def raise_declined(error: str) -> NoReturn:
    """For an answer without a code. Raises Away when the provider says so itself, or Declined."""
    if error in AWAY:
        raise Away(f"The provider answers with {error}.")
    raise Declined(error if error in ERRORS else "")


def _document() -> dict[str, str]:
    """What the provider says of itself; for its own issuer only."""
    known: Any = settings.OPENID
    issuer: str = known.issuer
    said = _fetched(Request(f"{issuer.rstrip('/')}/.well-known/openid-configuration"))  # noqa: S310
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if said.get("issuer") != issuer or not all(isinstance(said.get(one), str) for one in names):
        raise Away("The provider's document is of another issuer, or lacks its addresses.")
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
    read = [_key(one) for one in (published if isinstance(published, list) else [])]
    keys = KeySet([one for one in read if one is not None])
    try:
        return jwt.decode(token, keys, ALGORITHMS).claims
    except (JoseError, ValueError, KeyError, TypeError):
        raise Disbelieved("signature") from None


def _key(published: object) -> RSAKey | ECKey | None:
    """A key that signs. One that can't be read is passed over; the others serve [RFC 7517, 5]."""
    if not isinstance(published, dict) or published.get("use", "sig") != "sig":
        return None
    kind = KINDS.get(str(published.get("kty")))
    try:
        return kind.import_key(published) if kind else None
    except (JoseError, ValueError, KeyError, TypeError):
        return None


def _fetched(request: Request) -> dict[str, Any]:
    """A JSON object. A refusal by the provider is one of us; anything else is its absence."""
    try:
        with _opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            text = _whole(answer)
    except HTTPError as error:
        with error:
            if request.data is not None and error.code in {400, 401, 403}:
                raise Disbelieved("exchange", _said_in(error)) from None
        raise Away(f"The provider answers with status {error.code}.") from None
    except (OSError, HTTPException) as error:
        raise Away(f"The provider does not answer ({type(error).__name__}).") from None
    said = _decoded(text)
    if not isinstance(said, dict):
        raise Away("The provider's answer can't be read.")
    return said


def _whole(answer: HTTPResponse) -> bytes:
    """The body, unless it is too long in coming: a byte now and then would keep us for hours."""
    ends, text = monotonic() + TIMEOUT_SECONDS, b""
    while len(text) < LONGEST_ANSWER and (piece := answer.read1(PIECE)):
        text += piece
        if monotonic() > ends:
            raise TimeoutError
    return text


def _decoded(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _said_in(error: HTTPError) -> str:
    """Which of the standard's words the refusal holds: a wrong secret, or a code too old."""
    try:
        said = _decoded(error.read(LONGEST_ANSWER))
    except (OSError, HTTPException):
        return ""
    word = said.get("error") if isinstance(said, dict) else None
    return word if isinstance(word, str) and word in ERRORS else ""


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
