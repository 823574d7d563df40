"""How does a caseload come in from a page: upload, map, preview, commit, and watch it land?

No file ever touches a disk in the clear: what arrives is sealed piece by piece by the handler
below, which is set before the body is read and only for those who may import.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.events import Event
from audit.recorder import record
from cases.access import Viewer
from cases.enums import Permission
from cases.forms.importing import (
    CodesForm,
    CommitForm,
    DrawForm,
    MappingForm,
    UploadForm,
    code_fields,
)
from cases.rules.limits import UPLOADS
from cases.selectors import importing as selector
from cases.services.importing import previews
from cases.services.importing.errors import ImportRefused
from cases.services.importing.mapping import FieldMap, mapping_file, shipped
from cases.services.importing.uploads import NotScanned, SealedUpload
from cases.views.gate import requires, viewer_of
from cases.views.limited import limited

NO_CONTENT = 204
FORBIDDEN = 403


@requires(Permission.IMPORT_CASELOAD)
@require_safe
def import_list(request: HttpRequest) -> HttpResponse:
    _looked("imports")
    return render(
        request, "importing/list.html", {"runs": selector.import_runs(viewer_of(request))}
    )


# -- upload -------------------------------------------------------------------------------------


class SealingHandler(FileUploadHandler):
    """Hands the first file to a sealed upload as it arrives, and keeps its name from everybody."""

    chunk_size = 1 << 20

    def __init__(self, request: HttpRequest, begin: Callable[[], SealedUpload]) -> None:
        super().__init__(request)
        self._begin = begin
        self.upload: SealedUpload | None = None
        self.refused: ImportRefused | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.field_name != "file" or self.upload is not None:
            raise SkipFile
        with self._or_stop():
            self.upload = self._begin()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        del start
        if self.upload is None:
            return
        with self._or_stop():
            self.upload.write(raw_data)

    @contextmanager
    def _or_stop(self) -> Iterator[None]:
        """What is refused is read to its end and kept nowhere, so that the page can say why."""
        try:
            yield
        except ImportRefused as refused:
            self.refused = refused
            raise StopUpload(connection_reset=False) from None

    def file_complete(self, file_size: int) -> Any:
        if self.upload is None or self.refused is not None:
            return None
        with self._or_stop():
            self.upload.finish()
        return UploadedFile(file=BytesIO(), name="upload", size=file_size)


@csrf_exempt
@requires(Permission.IMPORT_CASELOAD)
@limited(UPLOADS, methods=("POST",))
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: HttpRequest) -> HttpResponse:
    """The upload, checked for the form's token in `_receive` and not before.

    Reading the token reads the body, and by then the handler must stand.
    """
    if request.method != "POST":
        return _show_upload(request, UploadForm())
    viewer, now = viewer_of(request), timezone.now()
    handler = SealingHandler(request, lambda: previews.open_upload(viewer=viewer, now=now))
    request.upload_handlers = [handler]
    try:
        with transaction.atomic():
            response = _receive(request, viewer, now, handler)
            if response.status_code == FORBIDDEN:
                transaction.set_rollback(True)
    except ImportRefused as refused:
        if isinstance(refused, NotScanned):
            previews.refuse_upload(viewer=viewer, now=now, refused=refused)
        return _show_upload(request, UploadForm(), sentence=str(refused), status=422)
    finally:
        if handler.upload is not None:
            handler.upload.close()
    return response


@csrf_protect
def _receive(
    request: HttpRequest, viewer: Viewer, now: datetime, handler: SealingHandler
) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES)
    if handler.refused is not None:
        raise handler.refused
    if not form.is_valid() or handler.upload is None:
        raise ImportRefused("Choose a file.")
    run = previews.accept_upload(viewer=viewer, now=now, run_id=handler.upload.run.pk)
    if run.source == "bundle":
        previews.ask_for_preview(viewer=viewer, now=now, run_id=run.pk)
        return redirect("import-preview", run_id=run.pk)
    return redirect("import-map", run_id=run.pk)


def _show_upload(
    request: HttpRequest, form: UploadForm, *, sentence: str = "", status: int = 200
) -> HttpResponse:
    _looked("import-new")
    context = {"form": form, "sentence": sentence}
    return render(request, "importing/new.html", context, status=status)


# -- mapping ------------------------------------------------------------------------------------


@requires(Permission.IMPORT_CASELOAD)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def import_map(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Choose a mapping that exists, or draw one on the file's own header."""
    viewer, now = viewer_of(request), timezone.now()
    if elsewhere := _not_to_be_mapped(viewer, run_id):
        return elsewhere
    look = previews.upload_look(viewer=viewer, run_id=run_id)
    names = [*selector.saved_mappings(viewer), *_shipped()]
    if request.method == "POST" and "choose" in request.POST:
        return _choose(request, viewer, now, run_id, MappingForm(request.POST, names=names))
    drawn = DrawForm(
        request.POST if request.method == "POST" else None,
        look=look,
        mapping=previews.upload_mapping(viewer=viewer, run_id=run_id),
    )
    if request.method == "POST" and drawn.is_valid():
        body = drawn.body()
        mapping = previews.draw_mapping(viewer=viewer, now=now, run_id=run_id, body=body)
        return _next_step(viewer, now, run_id, mapping)
    _looked("import-map", run_id)
    context = {"run_id": run_id, "look": look, "form": drawn, "choice": MappingForm(names=names)}
    status = 422 if request.method == "POST" else 200
    return render(request, "importing/map.html", context, status=status)


def _not_to_be_mapped(viewer: Viewer, run_id: UUID) -> HttpResponse | None:
    """Where to go with an upload that was committed, discarded, or is a bundle."""
    card = selector.import_run(viewer, run_id)
    if card.waits and card.kind == "csv":
        return None
    _looked("import-map", run_id)
    return redirect("import-preview" if card.waits else "import-detail", run_id=run_id)


def _shipped() -> list[tuple[str, str]]:
    return [(name, mapping_file(path).title) for name, path in shipped().items()]


def _choose(
    request: HttpRequest, viewer: Viewer, now: datetime, run_id: UUID, form: MappingForm
) -> HttpResponse:
    name = form.cleaned_data["mapping"] if form.is_valid() else ""
    try:
        previews.choose_mapping(viewer=viewer, now=now, run_id=run_id, name=name)
    except ImportRefused as refused:
        return _back_with(request, str(refused), run_id)
    return _previewed(request, viewer, now, run_id)


def _next_step(viewer: Viewer, now: datetime, run_id: UUID, mapping: FieldMap) -> HttpResponse:
    del viewer, now
    step = "import-codes" if code_fields(mapping) else "import-preview"
    return redirect(step, run_id=run_id)


@requires(Permission.IMPORT_CASELOAD)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def import_codes(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """What the codes in the mapped columns mean."""
    viewer, now = viewer_of(request), timezone.now()
    if elsewhere := _not_to_be_mapped(viewer, run_id):
        return elsewhere
    mapping = previews.upload_mapping(viewer=viewer, run_id=run_id)
    if mapping is None:
        return redirect("import-map", run_id=run_id)
    try:
        columns = dict(code_fields(mapping))
        codes = previews.code_values(viewer=viewer, run_id=run_id, columns=columns)
    except ImportRefused as refused:
        return _back_with(request, str(refused), run_id)
    form = CodesForm(
        request.POST if request.method == "POST" else None, mapping=mapping, codes=codes
    )
    if request.method == "POST" and form.is_valid():
        previews.draw_mapping(viewer=viewer, now=now, run_id=run_id, body=form.body())
        return _previewed(request, viewer, now, run_id)
    _looked("import-codes", run_id)
    context = {"run_id": run_id, "form": form, "tables": form.tables()}
    return render(request, "importing/codes.html", context)


def _previewed(request: HttpRequest, viewer: Viewer, now: datetime, run_id: UUID) -> HttpResponse:
    try:
        previews.ask_for_preview(viewer=viewer, now=now, run_id=run_id)
    except ImportRefused as refused:
        return _back_with(request, str(refused), run_id)
    return redirect("import-preview", run_id=run_id)


def _back_with(request: HttpRequest, sentence: str, run_id: UUID) -> HttpResponse:
    messages.error(request, sentence)
    _looked("import-map", run_id)
    return redirect("import-map", run_id=run_id)


# -- preview and commit -------------------------------------------------------------------------


@requires(Permission.IMPORT_CASELOAD)
@never_cache
@require_safe
def import_preview(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """What the import would do: its first rows without names, and every row that would not land."""
    viewer, now = viewer_of(request), timezone.now()
    card = selector.import_run(viewer, run_id)
    if not card.waits:
        return redirect("import-detail", run_id=run_id)
    _looked("import-preview", run_id)
    if not card.is_previewed:
        return _show_waiting(request, card)
    form = _commit_form(viewer, card, None)
    return _show_preview(request, viewer, now, card, form)


def _show_waiting(request: HttpRequest, card: selector.RunCard) -> HttpResponse:
    """The preview is being made, could not be made, or waits for a mapping."""
    if card.is_checking and request.headers.get("HX-Request") == "true":
        return HttpResponse(status=NO_CONTENT)
    response = render(request, "importing/waiting.html", {"card": card})
    if request.headers.get("HX-Request") == "true":
        response["HX-Refresh"] = "true"
    return response


def _show_preview(
    request: HttpRequest,
    viewer: Viewer,
    now: datetime,
    card: selector.RunCard,
    form: CommitForm,
    status: int = 200,
) -> HttpResponse:
    context = {
        "card": card,
        "form": form,
        "same": selector.same_file_landed_at(viewer, card.id),
        "rows": previews.first_rows(viewer=viewer, now=now, run_id=card.id),
        "rejections": selector.rejections(viewer, card.id, _after(request)),
        "first": not _after(request),
    }
    response = render(request, "importing/preview.html", context, status=status)
    if request.headers.get("HX-Request") == "true":
        response["HX-Refresh"] = "true"
    return response


def _commit_form(viewer: Viewer, card: selector.RunCard, data: Any) -> CommitForm:
    squads = selector.squad_choices(viewer)
    return CommitForm(data, squads=squads, saves_mapping=card.saves_mapping)


@requires(Permission.IMPORT_CASELOAD)
@never_cache
@require_POST
def import_commit(request: HttpRequest, run_id: UUID) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    card = selector.import_run(viewer, run_id)
    form = _commit_form(viewer, card, request.POST)
    if not form.is_valid():
        _looked("import-preview", run_id)
        return _show_preview(request, viewer, now, card, form, status=422)
    squad = form.cleaned_data["squad"]
    try:
        previews.commit_import(
            viewer=viewer,
            now=now,
            run_id=run_id,
            squad_id=UUID(squad) if squad else None,
            save_as=form.cleaned_data.get("save_as", ""),
        )
    except previews.NotPreviewed:
        _looked("import-detail", run_id)
    except ImportRefused as refused:
        form.add_error(None, str(refused))
        _looked("import-preview", run_id)
        return _show_preview(request, viewer, now, card, form, status=422)
    return redirect("import-detail", run_id=run_id)


@requires(Permission.IMPORT_CASELOAD)
@require_POST
def import_discard(request: HttpRequest, run_id: UUID) -> HttpResponse:
    try:
        previews.discard_import(viewer=viewer_of(request), now=timezone.now(), run_id=run_id)
    except previews.NotPreviewed as refused:
        messages.error(request, str(refused))
        _looked("import-detail", run_id)
        return redirect("import-detail", run_id=run_id)
    messages.success(request, "The upload is discarded; nothing of it was kept.")
    return redirect("imports")


@requires(Permission.IMPORT_CASELOAD)
@never_cache
@require_safe
def import_detail(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """How far the import is, and in the end what became of every row."""
    viewer = viewer_of(request)
    card = selector.import_run(viewer, run_id)
    _looked("import-detail", run_id)
    context = {
        "card": card,
        "rejections": selector.rejections(viewer, run_id, _after(request)),
        "first": not _after(request),
    }
    partial = request.headers.get("HX-Request") == "true"
    template = "importing/_progress.html" if partial else "importing/detail.html"
    return render(request, template, context)


def _after(request: HttpRequest) -> int:
    given = request.GET.get("after", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else 0  # noqa: PLR2004


def _looked(route: str, run_id: UUID | None = None) -> None:
    details = {"import": str(run_id)} if run_id else {}
    record(
        Event.PAGE_VIEWED,
        at=timezone.now(),
        subject_type="route",
        subject_id=route,
        details=details,
    )
