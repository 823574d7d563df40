"""The workbench of a release: one text or page, its suggestions, and what is drawn by hand."""

from io import BytesIO
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.defaultfilters import pluralize
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.events import Event
from cases.enums import Permission
from cases.forms.filters import uuid_or_none
from cases.forms.releases import DrawForm, mark_choices
from cases.rules.limits import UPLOADS
from cases.selectors import workbench as selector
from cases.services.releases import marking, uploading
from cases.services.releases.errors import ReleaseRefused
from cases.views.gate import requires, viewer_of
from cases.views.limited import limited
from cases.views.once import once

UNPROCESSABLE = 422


@requires(Permission.PREPARE_RELEASE)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@once(Event.RELEASE_MARKED, "item_id", back="release-item")
def item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """The text or page with its marks; posted, what was decided about them."""
    if request.method != "POST":
        return _show(request, item_id)
    try:
        changed = marking.decide_marks(
            viewer=viewer_of(request),
            now=timezone.now(),
            item_id=item_id,
            choices=mark_choices(request.POST),
        )
    except ReleaseRefused as refused:
        return _show(request, item_id, sentence=str(refused), status=UNPROCESSABLE)
    messages.success(request, f"{changed} decision{pluralize(changed)} saved.")
    return redirect("release-item", item_id)


def _show(
    request: HttpRequest,
    item_id: UUID,
    *,
    form: DrawForm | None = None,
    sentence: str = "",
    status: int = 200,
) -> HttpResponse:
    page = selector.workbench(viewer=viewer_of(request), now=timezone.now(), item_id=item_id)
    context = {
        "page": page,
        "head": page.head,
        "form": form or DrawForm(exemptions=page.exemptions, is_page=page.is_page),
        "sentence": sentence,
    }
    return render(request, "releases/item.html", context, status=status)


@requires(Permission.PREPARE_RELEASE)
@never_cache
@require_POST
@once(Event.RELEASE_MARKED, "item_id", back="release-item")
def draw(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Mark a place by hand. The phrase is looked for and not kept."""
    viewer, now = viewer_of(request), timezone.now()
    page = selector.workbench(viewer=viewer, now=now, item_id=item_id)
    form = DrawForm(request.POST, exemptions=page.exemptions, is_page=page.is_page)
    if not form.is_valid():
        return _show(request, item_id, form=form, status=UNPROCESSABLE)
    try:
        count = marking.draw_mark(viewer=viewer, now=now, item_id=item_id, drawing=form.drawing())
    except ReleaseRefused as refused:
        form.add_error(None, str(refused))
        return _show(request, item_id, form=form, status=UNPROCESSABLE)
    messages.success(request, f"Marked in {count} places." if count > 1 else "Marked.")
    return redirect("release-item", item_id)


@requires(Permission.PREPARE_RELEASE)
@require_POST
@once(Event.RELEASE_MARKED, "item_id", back="release-item")
def undraw(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Take back a mark drawn by hand."""
    mark_id = uuid_or_none(request.POST.get("mark", ""))
    try:
        marking.remove_mark(
            viewer=viewer_of(request),
            now=timezone.now(),
            item_id=item_id,
            mark_id=mark_id or UUID(int=0),
        )
    except ReleaseRefused as refused:
        messages.error(request, str(refused))
    return redirect("release-item", item_id)


@requires(Permission.PREPARE_RELEASE)
@require_POST
@once(Event.RELEASE_MARKED, "item_id", back="release-item")
def look_over(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Say that one has looked the page over."""
    try:
        marking.look_over(viewer=viewer_of(request), now=timezone.now(), item_id=item_id)
    except ReleaseRefused as refused:
        messages.error(request, str(refused))
    return redirect("release-item", item_id)


@requires(Permission.PREPARE_RELEASE)
@never_cache
@require_safe
def picture(request: HttpRequest, page_id: UUID) -> HttpResponse:
    """The picture of an uploaded page, for its workbench."""
    content = selector.page_picture(viewer=viewer_of(request), now=timezone.now(), item_id=page_id)
    response = HttpResponse(content, content_type="image/jpeg")
    response["Cache-Control"] = "no-store"
    response["Content-Disposition"] = "inline"
    return response


class InMemory(FileUploadHandler):
    """Keeps one file in memory, never on a disk, and stops reading when it is too large."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self._pieces: list[bytes] = []
        self._size = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        del start
        if self._size <= uploading.MOST_BYTES:
            self._pieces.append(raw_data)
            self._size += len(raw_data)

    def file_complete(self, file_size: int) -> "UploadedFile[bytes]":
        del file_size
        content = b"".join(self._pieces)
        return UploadedFile(file=BytesIO(content), name=self.file_name, size=len(content))


@csrf_exempt
@requires(Permission.PREPARE_RELEASE)
@limited(UPLOADS)
@never_cache
@require_POST
def add_file(request: HttpRequest, release_id: UUID) -> HttpResponseBase:
    """Add a PDF or an image. Its content says what it is; its name is sealed.

    The form's token is checked in `_receive` and not before: reading it reads the body, and by
    then the handler must stand.
    """
    request.upload_handlers = [InMemory(request)]
    return _receive(request, release_id=release_id)


@csrf_protect
@once(Event.RELEASE_FILE_ADDED, "release_id", back="release-detail")
def _receive(request: HttpRequest, release_id: UUID) -> HttpResponse:
    given = request.FILES.get("file")
    try:
        uploading.add_file(
            viewer=viewer_of(request),
            now=timezone.now(),
            release_id=release_id,
            label=(given.name or "") if given else "",
            content=given.read() if given else b"",
        )
    except ReleaseRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "The file is being read. Its pages appear below.")
    return redirect("release-detail", release_id)


@requires(Permission.PREPARE_RELEASE)
@require_POST
@once(Event.RELEASE_MARKED, "release_id", back="release-detail")
def remove_file(request: HttpRequest, release_id: UUID) -> HttpResponse:
    """Take a file and its pages out again."""
    given = request.POST.get("position", "")
    position = int(given) if given.isascii() and given.isdigit() and len(given) < 5 else 0  # noqa: PLR2004
    try:
        uploading.remove_file(
            viewer=viewer_of(request), now=timezone.now(), release_id=release_id, position=position
        )
    except ReleaseRefused as refused:
        messages.error(request, str(refused))
    return redirect("release-detail", release_id)
