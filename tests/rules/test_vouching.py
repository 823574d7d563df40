"""Which of a provider's claims are believed, and up to which second?"""

from datetime import UTC, datetime
from typing import Any

import pytest

from cases.rules.vouching import CLOCKS_DIFFER, Question, has_second, why_not_believed

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
EARLY = AT - int(CLOCKS_DIFFER.total_seconds())
LATE = AT + int(CLOCKS_DIFFER.total_seconds())
CLIENT, ISSUER = "caseunit", "https://id.county.example"
QUESTION = Question(ISSUER, CLIENT, "nonce", NOW)
SOUND: dict[str, Any] = {
    "iss": ISSUER,
    "aud": CLIENT,
    "sub": "00u-invented",
    "nonce": "nonce",
    "iat": AT,
    "exp": AT + 300,
    "auth_time": AT,
}


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({}, ""),
        ({"iss": "https://elsewhere.example"}, "issuer"),
        ({"iss": f"{ISSUER}/"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"aud": "another"}, "audience"),
        ({"aud": ["another"]}, "audience"),
        ({"aud": [CLIENT]}, ""),
        ({"aud": [CLIENT, "another"]}, "audience"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "audience"),
        ({"aud": [CLIENT, "another"], "azp": CLIENT}, ""),
        ({"azp": "another"}, "audience"),
        ({"aud": None}, "audience"),
        ({"exp": AT}, "expired"),
        ({"exp": AT + 1}, ""),
        ({"exp": None}, "expired"),
        ({"exp": True}, "expired"),
        ({"exp": "soon"}, "expired"),
        ({"exp": 1e300}, "expired"),
        ({"nbf": LATE}, ""),
        ({"nbf": LATE + 1}, "not yet"),
        ({"iat": LATE}, ""),
        ({"iat": LATE + 1}, "issued"),
        ({"iat": EARLY}, ""),
        ({"iat": EARLY - 1}, "issued"),
        ({"iat": None}, "issued"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"sub": ""}, "subject"),
        ({"sub": None}, "subject"),
        ({"sub": 7}, "subject"),
        ({"sub": "x" * 255}, ""),
        ({"sub": "x" * 256}, "subject"),
        ({"auth_time": EARLY}, ""),
        ({"auth_time": EARLY - 1}, "not fresh"),
        ({"auth_time": LATE + 1}, "not fresh"),
        ({"auth_time": None}, "not fresh"),
    ],
)
def test_claims_are_believed_when_each_of_them_holds(claims: dict[str, Any], why: str) -> None:
    assert why_not_believed({**SOUND, **claims}, QUESTION, NOW) == why


@pytest.mark.parametrize(
    ("said", "accepted"),
    [
        ({"amr": ["pwd", "mfa"]}, True),
        ({"acr": "mfa"}, True),
        ({"amr": ["pwd"]}, False),
        ({"amr": "mfa"}, False),
        ({"amr": [["mfa"]], "acr": 7}, False),
        ({}, False),
    ],
)
def test_a_second_factor_is_believed_in_words_that_are_trusted(
    said: dict[str, Any], accepted: bool
) -> None:
    assert has_second(said, frozenset({"mfa"})) is accepted
    assert not has_second(said, frozenset())
