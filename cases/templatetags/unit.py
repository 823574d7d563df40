"""How do pages say dates and spans, show a form field, and frame themselves for their reader?"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django import template
from django.conf import settings
from django.forms import BoundField, Form
from django.forms.utils import ErrorList
from django.template.context import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from cases.access import until_words
from cases.enums import Permission
from cases.services.submissions import FIELD

register = template.Library()

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HOURS_UNTIL = timedelta(hours=48)

WIDGET_CLASSES = {
    "select": "usa-select",
    "plainselect": "usa-select",
    "textarea": "usa-textarea",
    "checkbox": "usa-checkbox__input",
    "radioselect": "usa-radio__input",
    "checkboxselectmultiple": "usa-checkbox__input",
    "clearablefile": "cu-file",
    "file": "cu-file",
}
GROUPS = frozenset({"radioselect", "checkboxselectmultiple"})

# Name of the URL, its arguments, what the link says, and the permission that shows it.
# By how often they are needed: so many stand beside each other, the others in a menu.
IN_BAR = 5
NAVIGATION: tuple[tuple[str, tuple[str, ...], str, Permission], ...] = (
    ("my-work", (), "My work", Permission.LOG_RESPONSE),
    ("dashboard", (), "Dashboard", Permission.SEE_DASHBOARD),
    ("case-list", (), "Cases", Permission.VIEW_CASES),
    ("case-new-choose", (), "New case", Permission.CREATE_CASE),
    ("find-person", (), "Find a person", Permission.SEARCH_PEOPLE),
    ("access-requests", (), "Ask for a case", Permission.VIEW_CASES),
    ("releases", (), "Releases", Permission.PREPARE_RELEASE),
    ("officers", (), "Officers", Permission.ASSIGN_CASE),
    ("link-list", (), "Links", Permission.SEARCH_PEOPLE),
    ("statistics", (), "Statistics", Permission.SEE_FIGURES),
    ("imports", (), "Imports", Permission.IMPORT_CASELOAD),
    ("roles", (), "Roles", Permission.MANAGE_ROLES),
    ("refusals", (), "Refused", Permission.MANAGE_ROLES),
    ("accounts-locked", (), "Locked accounts", Permission.MANAGE_ACCOUNTS),
    ("audit", (), "Audit", Permission.SEE_AUDIT),
    ("seals", (), "Seals", Permission.SEE_SEALS),
)


@register.filter
def moment(value: datetime | None) -> str:
    """An instant in the unit's time zone: 23 Nov 2026 14:02."""
    return "" if value is None else f"{timezone.localtime(value):%-d %b %Y %H:%M}"


@register.filter
def until(value: datetime) -> str:
    """When access ends: until the end of 23 Nov 2026."""
    return until_words(value)


@register.filter
def moment_tag(value: datetime | None) -> SafeString | str:
    """The same inside a `time` element that machines can read."""
    if value is None:
        return ""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), moment(value))


@register.filter
def day(value: date | datetime | None) -> str:
    """A day: 23 Nov 2026."""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return "" if value is None else f"{value:%-d %b %Y}"


@register.filter
def in_words(span: timedelta | None) -> str:
    """How long, in the one unit that matters: 12 minutes, 26 hours, 41 days."""
    if span is None:
        return ""
    span = abs(span)
    if span < MINUTE:
        return "under a minute"
    if span < HOUR:
        return _counted(span // MINUTE, "minute")
    if span < HOURS_UNTIL:
        return _counted(span // HOUR, "hour")
    return _counted(span // DAY, "day")


@register.filter
def late_or_left(left: timedelta | None) -> str:
    """What is left until a due time, or how late it is: in 5 hours, 6 days late."""
    if left is None:
        return ""
    return f"{in_words(left)} late" if left < timedelta(0) else f"in {in_words(left)}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


@register.simple_tag
def unit_name() -> str:
    """The unit's name, as its settings give it."""
    return str(settings.UNIT_NAME)


@register.simple_tag
def unit_zone() -> str:
    """The time zone of every time that pages show or ask for: America/Chicago."""
    return timezone.get_default_timezone_name()


@register.inclusion_tag("components/_navigation.html", takes_context=True)
def site_navigation(context: Context) -> dict[str, Any]:
    """The links that this reader's permissions open, and who they are signed in as."""
    request = context["request"]
    viewer = getattr(request, "viewer", None)
    permissions = viewer.permissions if viewer else frozenset()
    links = [
        {"label": label, "url": url, "current": request.path == url}
        for url, label in _links(permissions)
    ]
    # A menu of one would hide it for nothing.
    bar = len(links) if len(links) == IN_BAR + 1 else IN_BAR
    return {
        "viewer": viewer,
        "bar": links[:bar],
        "rest": links[bar:],
        "current_in_rest": any(link["current"] for link in links[bar:]),
        "csrf_token": context.get("csrf_token", ""),
    }


def _links(permissions: frozenset[str]) -> list[tuple[str, str]]:
    return [
        (reverse(name, args=args), label)
        for name, args, label, permission in NAVIGATION
        if permission in permissions
    ]


@register.inclusion_tag("components/_keys.html", takes_context=True)
def keys_switch(context: Context) -> dict[str, Any]:
    """The keyboard shortcuts: the list of them, and the switch that turns them off."""
    request = context["request"]
    session = getattr(request, "session", {})
    return {
        "viewer": getattr(request, "viewer", None),
        "keys_on": session.get("keys", True),
        "path": request.path,
        "csrf_token": context.get("csrf_token", ""),
    }


@register.inclusion_tag("components/_form_field.html")
def field(bound: BoundField, **options: str) -> dict[str, Any]:
    """A form field with label, hint and errors. Options: `zone` (shown beside a time), `hint`."""
    kind = bound.widget_type
    return {
        "field": bound,
        "grouped": kind in GROUPS,
        "single_box": kind == "checkbox",
        "widget": bound.as_widget(attrs={"class": _widget_class(bound)}),
        "zone": options.get("zone", ""),
        "hint": options.get("hint", "") or bound.help_text,
        "optional": not bound.field.required and getattr(bound.form, "says_optional", True),
    }


def _widget_class(bound: BoundField) -> str:
    base = WIDGET_CLASSES.get(bound.widget_type, "usa-input")
    return f"{base} usa-input--error" if bound.errors else base


@register.simple_tag
def form_key() -> SafeString:
    """The key of a form that serves once: another each time that its page is shown."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, uuid4())


@register.inclusion_tag("components/_error_summary.html")
def error_summary(form: Form, title: str = "Nothing was saved yet") -> dict[str, Any]:
    """What is wrong with the form, each line a link to its field; nothing when nothing is."""
    lines = [
        {"id": form[name].id_for_label if name in form.fields else "", "text": text}
        for name, errors in form.errors.items()
        for text in _texts(errors)
    ]
    return {"lines": lines, "title": title}


def _texts(errors: ErrorList) -> list[str]:
    return [str(error) for error in errors]


# A captain's page lists every detective three times over. A template takes ten times as long for
# hundreds of rows as these two.


@register.simple_tag
def plain_rows(rows: Iterable[Sequence[str]]) -> SafeString:
    """Table rows of words; the first cell heads its row."""
    return format_html_join(
        "",
        '<tr><th scope="row">{}</th>{}</tr>',
        ((row[0], format_html_join("", "<td>{}</td>", zip(row[1:]))) for row in rows),
    )


CHOSEN = format_html("{}", " selected")


@register.simple_tag
def plain_options(options: Iterable[Mapping[str, Any]]) -> SafeString:
    """The options of a select, as a Django widget describes them."""
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        (
            (str(option["value"]), CHOSEN if option["selected"] else "", option["label"])
            for option in options
        ),
    )
