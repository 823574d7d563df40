"""How is an account linked to a provider's subject? By its owner alone, never by a name or address.

A provider that says somebody has another name or mailbox today changes nothing here: neither is
asked for, read or kept.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.events import Event, Outcome
from audit.recorder import record
from cases.access import NotPermitted, Viewer
from cases.enums import Permission, ProviderKind
from cases.models import Account, ProviderLink
from cases.rules.reasons import says_enough, visible
from cases.rules.vouching import Vouched
from cases.selectors.providers import subject_digest
from cases.services.invitations import Void, invited
from cases.services.lockout import NoReason


class NotLinked(ValueError):
    """The account has another subject already, or the subject another account; or there is none."""


@transaction.atomic
def link_provider(*, viewer: Viewer, now: datetime, kind: ProviderKind, vouched: Vouched) -> None:
    """From now on the provider's word opens the viewer's account. Raises NotLinked."""
    account = Account.objects.select_for_update(of=("self",)).get(pk=viewer.account_key)
    _link(account, now, kind, vouched)


@transaction.atomic
def accept_by_provider(
    *, viewer: Viewer, now: datetime, token: str, kind: ProviderKind, vouched: Vouched
) -> None:
    """The same for the invited `viewer`, in place of a password; voids the invitation.

    Raises Void, NotLinked.
    """
    account = Account.objects.select_for_update(of=("self",)).get(pk=viewer.account_key)
    if invited(token, now).pk != account.pk:
        raise Void("This link opens nothing any more. Ask your administrator for a new one.")
    account.set_unusable_password()
    account.save(update_fields=["password"])
    _link(account, now, kind, vouched)


@transaction.atomic
def unlink_provider(*, viewer: Viewer, now: datetime, kind: ProviderKind) -> None:
    """The provider's word opens the viewer's account no more. Raises NotLinked.

    Who has no password of their own keeps it, or nothing would open their account.
    """
    account = Account.objects.select_for_update(of=("self",)).get(pk=viewer.account_key)
    if not account.has_usable_password():
        raise NotLinked("Nothing else opens your account. Set a password first.")
    _unlink(account.pk, now, kind, "")


@transaction.atomic
def unlink_account(*, viewer: Viewer, now: datetime, account_id: UUID, reason: str) -> None:
    """Take every link from somebody who has another identity now, or lost it.

    Raises NotPermitted, NoReason, NotLinked.
    """
    if not viewer.can(Permission.MANAGE_ACCOUNTS):
        raise NotPermitted("Your role does not allow you to manage accounts.")
    if viewer.account_id == account_id:
        raise NotPermitted("Somebody else has to do this to your account.")
    if not says_enough(reason):
        raise NoReason("Why: say how you know who asked, in a sentence.")
    Account.objects.select_for_update(of=("self",)).filter(pk=account_id).first()
    if not end_links(account_id, now, visible(reason)):
        raise NotLinked("This account is linked to no identity provider.")


def end_links(account_id: UUID, now: datetime, reason: str = "") -> int:
    """A step: no provider's word opens the account any more; how many did. The caller holds it."""
    kinds = list(ProviderLink.objects.filter(account_id=account_id).values_list("kind", flat=True))
    for kind in kinds:
        _unlink(account_id, now, ProviderKind(kind), reason)
    return len(kinds)


@transaction.atomic
def refuse_link(*, viewer: Viewer, now: datetime, kind: ProviderKind, why: str) -> None:
    """Put on record that the viewer tried to be linked, and that nothing came of it."""
    record(
        Event.PROVIDER_LINKED,
        at=now,
        outcome=Outcome.DENIED,
        subject_type="account",
        subject_id=viewer.account_key,
        details={"by": kind, "why": why},
    )


def _link(account: Account, now: datetime, kind: ProviderKind, vouched: Vouched) -> None:
    digest = subject_digest(kind, vouched)
    if ProviderLink.objects.filter(subject_digest=digest).exists():
        raise NotLinked("That identity opens an account already.")
    if ProviderLink.objects.filter(account=account, kind=kind).exists():
        raise NotLinked("Your account is linked already: end that first.")
    ProviderLink.objects.create(account=account, kind=kind, subject_digest=digest, linked_at=now)
    record(
        Event.PROVIDER_LINKED,
        at=now,
        actor=account,
        subject_type="account",
        subject_id=account.pk,
        details={"by": kind},
    )


def _unlink(account_id: UUID, now: datetime, kind: ProviderKind, reason: str) -> None:
    gone, _ = ProviderLink.objects.filter(account_id=account_id, kind=kind).delete()
    if not gone:
        raise NotLinked("Your account is not linked to it.")
    record(
        Event.PROVIDER_UNLINKED,
        at=now,
        subject_type="account",
        subject_id=account_id,
        reason=reason,
        details={"by": kind},
    )
