"""Does an answer that another site posts find its question, though it brings no cookie of ours?"""

from dataclasses import replace
from datetime import UTC

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from audit.events import Event
from audit.models import Entry
from cases.access import viewer_for
from cases.enums import ProviderKind, RoleCode
from cases.rules.vouching import Vouched
from cases.services.providers import link_provider
from caseunit.settings.identity import Saml
from tests.cases.saml_provider import ENTITY, ISSUER, Said, SamlProvider, encoded, make_key
from tests.factories import AccountFactory

pytestmark = pytest.mark.django_db(transaction=True)

# On another site than ours: a page of its own there sends the answer.
ADDRESS = "http://id.county.example/sign-in"


def test_a_saml_answer_is_sent_on_by_our_own_page(
    page: Page, settings: Settings, live_server: LiveServer
) -> None:
    now = timezone.now().astimezone(UTC).replace(microsecond=0)
    provider = SamlProvider(make_key(now), now)
    settings.SAML = Saml(
        ISSUER, ADDRESS, (provider.key.certificate,), ENTITY, "the county", frozenset()
    )
    account = AccountFactory.create(role=RoleCode.DETECTIVE)
    vouched = Vouched(ISSUER, Said("", now).subject, by_second=False)
    link_provider(viewer=viewer_for(account), now=now, kind=ProviderKind.SAML, vouched=vouched)
    here = f"{live_server.url}/sign-in/saml/answer/"

    def stand_in(route: Route) -> None:
        asked = provider.asked(route.request.url, at=ADDRESS)
        said = replace(provider.said(asked.get("ID")), recipient=here, destination=here)
        form = (
            f'<title>County</title><link rel="icon" href="data:,"><form method="post" '
            f'action="{here}"><input type="hidden" name="SAMLResponse" '
            f'value="{encoded(provider.signed(said))}"><button>Sign in there</button></form>'
        )
        route.fulfill(body=form, content_type="text/html")

    page.route(f"{ADDRESS}**", stand_in)
    page.goto("/sign-in/")
    page.get_by_role("button", name="I understand and agree").click()
    page.get_by_role("link", name="Sign in with the county").click()
    page.get_by_role("button", name="Sign in there").click()

    expect(page.get_by_role("link", name=account.display_name)).to_be_visible()
    assert Entry.objects.get(event=Event.SIGNED_IN).details["by"] == "saml"
