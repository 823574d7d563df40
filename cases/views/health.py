"""Is the service able to do its work? For load balancers and compose; says nothing about cases."""

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from audit.guard import leaves_no_entry
from cases.views.gate import public


@leaves_no_entry(why="Says only whether the database answers.")
@public("Load balancers and container health checks ask without signing in.", limit=None)
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 while the database answers; a failing query makes it a 500."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return JsonResponse({"status": "ok"})
