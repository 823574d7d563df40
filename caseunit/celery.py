"""Which application do web, worker and beat share when they hand each other tasks?"""

from celery import Celery

app = Celery("caseunit")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
