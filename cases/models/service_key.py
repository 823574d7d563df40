"""Which machines may ask, for what, and until when? Their keys are kept as digests only."""

from django.db import models
from django.db.models import F, Q

from cases.enums import ServiceScope
from cases.models.base import Record, one_of


class ServiceKey(Record):
    """A machine's key. `prefix` names it in the clear; its secret was shown once and is not kept.

    Why it was made or revoked stands in the audit log.
    """

    name = models.SlugField(max_length=40)
    prefix = models.CharField(max_length=12, unique=True)
    secret_digest = models.BinaryField()
    scope = models.CharField(max_length=30, choices=ServiceScope)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("cases.Account", on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("name", "created_at")
        constraints = (
            one_of("scope", ServiceScope.values, "service_key_scope_known"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="service_key_ends_after_it_began"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.prefix}"
