"""What ends when somebody says that a sign-in was not theirs? All by which anybody gets in as them.

Which of it the stranger had, nobody knows yet: the password, a session, or the account at the
agency's identity provider. So every session ends, the account is locked, and neither the password
nor a provider's word opens it, also once it is released: whoever it belongs to sets a new password,
or links anew, by a new link from an administrator who has looked at them.
"""

from datetime import datetime

from django.db import transaction

from audit.events import Event
from audit.recorder import record
from cases.access import Viewer
from cases.models import Account
from cases.selectors.lockout import DISOWNED, is_lock, last_turn
from cases.services.providers import end_links
from cases.services.sessions import end_sessions_of


@transaction.atomic
def disown_sign_ins(*, viewer: Viewer, now: datetime) -> None:
    """The viewer did not sign in somewhere; this session ends too."""
    account = Account.objects.select_for_update(of=("self",)).get(pk=viewer.account_key)
    account.set_unusable_password()
    account.save(update_fields=["password"])
    told: dict[Event, dict[str, object]] = {
        Event.SIGN_INS_DISOWNED: {"sessions": end_sessions_of(account.pk, now)}
    }
    if not is_lock(last_turn(account.pk)):
        told[Event.ACCOUNT_LOCKED] = {"why": DISOWNED}
    for event, details in told.items():
        record(event, at=now, subject_type="account", subject_id=account.pk, details=details)
    end_links(account.pk, now)
