"""Which pages are there, and who opens each of them in the browser's tests?

`tests/architecture/test_urls.py` holds it to the app's addresses: a page that is in neither table
fails there.
"""

from uuid import UUID

from django.urls import resolve

from cases.enums import RoleCode

# Ids are those of `places`. A page that several roles see differently stands under each.
PAGES_OF: dict[str, tuple[str, ...]] = {
    RoleCode.CAPTAIN: (
        "/dashboard/", "/dashboard/flags/", "/cases/", "/cases/{case}/", "/cases/{case}/access/",
        "/cases/{case}/assign/", "/cases/{case}/close/", "/cases/{closed}/reopen/",
        "/cases/{case}/history/", "/cases/{case}/looks/",
        "/cases/{case}/why/", "/cases/{case}/why/?account={partner}", "/cases/{case}/grants/",
        "/cases/{case}/grants/{grant}/end/", "/cases/{case}/squads/{share}/end/",
        "/cases/{case}/walls/",
        "/cases/{case}/walls/{wall}/lift/", "/cases/{case}/expunge/", "/cases/{other}/expunge/",
        "/cases/{case}/expunge/request/", "/cases/{other}/expunge/{expunge}/confirm/",
        "/cases/{other}/expunge/{expunge}/end/", "/cases/new/", "/cases/new/hospital/",
        "/officers/", "/officers/{leaver}/", "/officers/{leaver}/hand-over/",
        "/officers/{stayer}/send/", "/access/review/?all=1", "/access/review/grants/{grant}/",
        "/access/review/walls/{wall}/", "/access/people/{reached}/",
        "/my-work/", "/people/find/", "/links/", "/statistics/", "/imports/", "/imports/new/",
        "/imports/{run}/", "/imports/{upload}/map/", "/imports/{upload}/codes/",
        "/imports/{upload}/preview/", "/people/{victim}/", "/entries/{report}/original/",
    ),
    RoleCode.SERGEANT: (
        "/dashboard/", "/cases/{case}/", "/cases/{case}/log/", "/reports/{report}/review/",
        "/people/{victim}/", "/access/", "/access/{request}/", "/access/emergency/",
    ),
    RoleCode.DETECTIVE: (
        "/my-work/", "/access/", "/cases/", "/cases/{case}/", "/cases/{case}/log/",
        "/referrals/{referral}/acknowledge/", "/people/{victim}/",
        "/entries/{report}/original/", "/cases/{case}/people/add/",
        "/cases/{case}/people/{person}/correct/", "/links/",
    ),
    RoleCode.RECORDS: (
        "/cases/", "/cases/{case}/", "/cases/{case}/release/", "/releases/",
        "/releases/{release}/", "/releases/{waiting}/", "/releases/items/{text}/",
        "/releases/items/{picture}/",
    ),
    RoleCode.PARTNER: (
        "/cases/", "/cases/{case}/", "/cases/{case}/access/", "/people/{victim}/",
        "/second-factor/", "/second-factor/app/", "/second-factor/passkey/", "/password/",
    ),
    RoleCode.ADMINISTRATOR: (
        "/roles/", "/roles/detective/", "/accounts/", "/accounts/invite/", "/accounts/locked/",
        "/seals/", "/imports/", "/service-keys/", "/service-keys/new/",
        "/officers/", "/officers/{leaver}/", "/officers/{stayer}/send/", "/roles/import/",
        "/roles/sergeant/history/", "/roles/changes/{change}/", "/access/review/",
        "/access/review/roles/detective/", "/access/people/{reached}/",
        "/access/refused/", "/access/refused/{refusal}/",
    ),
    RoleCode.AUDITOR: (
        "/audit/", "/audit/?ask=system&since=2024-01-01", "/audit/?case=none-0",
        "/audit/entries/{entry}/", "/audit/activity/",
        "/audit/activity/?actor={detective}", "/audit/looks/?case={case}", "/audit/weeks/",
        "/audit/week/?week={week}", "/seals/",
    ),
}  # fmt: skip

# Signed in, but nobody's screen: they lead elsewhere, speak to a script, or hand out a file.
# Addresses that take nothing but a form need no line: the law finds that out by itself.
NO_PAGES = {
    "health": "one word for whoever watches the servers",
    "home": "leads to the first page of a role",
    "saml-metadata": "XML for an identity provider",
    "sweep-health": "answers a machine that has a key",
    "session-state": "answers the page's own script",
    "person-reveal": "takes the form; anything else is refused and recorded",
    "original-reveal": "takes the form; anything else is refused and recorded",
    "release-download": "a PDF",
    "release-picture": "the picture of a page, shown by the workbench",
    "statistics-file": "a CSV file",
    "roles-file": "a JSON file",
}
# Before one is signed in; tests of signing in walk them.
OUTSIDE = {"sign-in", "sign-in-second", "invitation", "openid-start", "openid-answer", "saml-start"}


def page_name(address: str) -> str:
    """Which page an address leads to, whatever its ids."""
    path, _, _ = address.partition("?")
    return str(resolve(path.format_map(_AnyPlace())).url_name)


class _AnyPlace(dict[str, object]):
    def __missing__(self, key: str) -> object:
        return 1 if key in {"grant", "entry", "refusal"} else UUID(int=1)
