"""The project: settings, addresses, workers, and how it runs."""

from caseunit.celery import app as celery_app

__all__ = ["celery_app"]
