"""Who is known to an identity provider as whom?"""

from django.db import models

from cases.enums import ProviderKind
from cases.models.base import Record, one_of


class ProviderLink(Record):
    """An account's subject at a provider, as a keyed digest: nothing of theirs stands here."""

    account = models.ForeignKey(
        "cases.Account", on_delete=models.PROTECT, related_name="provider_links"
    )
    kind = models.CharField(max_length=10, choices=ProviderKind)
    subject_digest = models.BinaryField()
    linked_at = models.DateTimeField()

    class Meta:
        ordering = ("kind",)
        constraints = (
            one_of("kind", ProviderKind.values, "provider_link_kind_known"),
            models.UniqueConstraint(
                fields=("account", "kind"), name="provider_link_once_per_account"
            ),
            models.UniqueConstraint(
                fields=("subject_digest",), name="provider_link_of_one_account"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.account_id}"


class SpentAnswer(models.Model):
    """A provider's answer that was used; kept until it would be too old anyhow."""

    digest = models.BinaryField(primary_key=True)
    kept_until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"answer until {self.kept_until:%Y-%m-%d %H:%M}"
