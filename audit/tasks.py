"""What does the log do on its own? It seals itself, every few seconds, and tells its witnesses.

Sealing leaves no entry: it would never end. Its own records are the checkpoints.
"""

import logging

from celery import shared_task
from django.utils import timezone

from audit.context import acting_as_system
from audit.months import log_months, make_due
from audit.sealing import seal as seal_entries
from audit.selectors import sealing_status
from audit.witness import publish

logger = logging.getLogger(__name__)


@shared_task
def seal() -> None:
    """Seal what has been committed; say so loudly when it falls behind. Twice does no harm."""
    with acting_as_system("seal"):
        seal_entries(now=timezone.now())
        publish(now=timezone.now())
        status = sealing_status(now=timezone.now())
        if status.is_late:
            logger.error(
                "Audit entries wait too long for their seal: %s entries, %s s",
                status.waiting,
                int(status.lag.total_seconds()),
            )


@shared_task
def make_months() -> None:
    """Make the log's next months long before they begin; say so loudly when that fails."""
    with acting_as_system("make_months"):
        make_due(now=timezone.now())
        months = log_months(now=timezone.now())
        if months.is_short:
            logger.error(
                "The audit log lacks months: %s ahead, strays: %s", months.ahead, months.has_strays
            )
