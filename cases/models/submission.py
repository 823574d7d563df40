"""Which forms were sent already?"""

from django.db import models


class SubmittedForm(models.Model):
    """A form that served. `key` came with the page that showed it; it serves once."""

    key = models.UUIDField(primary_key=True, editable=False)
    account = models.ForeignKey("cases.Account", on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"form of {self.submitted_at:%Y-%m-%d}"
