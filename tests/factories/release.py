"""What releases does a test stand on? Sealed as the product seals them; every text is invented."""

import io
import json
from typing import Any
from uuid import uuid4

import factory
from factory.django import DjangoModelFactory
from PIL import Image

from cases.enums import FileState, ReleaseCategory, RoleCode
from cases.models import Release, ReleaseFile, ReleaseItem, ReleaseMark
from cases.models.release_sealing import ReleaseBox
from cases.models.sealing import give_key
from cases.rules.release_profiles import profiles
from tests.factories.base import HOUR, NOW
from tests.factories.case import CaseFactory
from tests.factories.unit import AccountFactory

SIDE = 60


def jpeg(side: int = SIDE) -> bytes:
    """A blank square."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), "white").save(out, "JPEG")
    return out.getvalue()


class ReleaseFactory(DjangoModelFactory[Release]):
    """A release that is being prepared, with nothing in it."""

    class Meta:
        model = Release

    number: Any = factory.Sequence(lambda n: f"R-25-{n:05d}")
    case: Any = factory.SubFactory(CaseFactory)
    profile: Any = "public"
    profile_body: Any = factory.LazyAttribute(lambda one: dict(profiles()[one.profile].body))
    reason: Any = "An invented request for records."
    submission_key: Any = factory.LazyFunction(uuid4)
    source_digest: Any = b"0" * 32
    prepared_by: Any = factory.SubFactory(AccountFactory, role=RoleCode.RECORDS)
    created_at: Any = NOW - HOUR

    @classmethod
    def _create(cls, model_class: type[Release], *args: Any, **kwargs: Any) -> Release:
        release = model_class(**kwargs)
        give_key(release)
        release.save(force_insert=True)
        return release


class ReleaseFileFactory(DjangoModelFactory[ReleaseFile]):
    """A picture that was read."""

    class Meta:
        model = ReleaseFile

    release: Any = factory.SubFactory(ReleaseFactory)
    position: Any = factory.Sequence(lambda n: n + 1)
    kind: Any = "jpeg"
    state: Any = FileState.READ
    size: Any = 3
    pages: Any = 1
    pages_done: Any = 1
    digest: Any = factory.Sequence(lambda n: f"{n:032d}".encode())
    added_by: Any = factory.SelfAttribute("release.prepared_by")
    added_at: Any = NOW - HOUR

    @classmethod
    def _create(cls, model_class: type[ReleaseFile], *args: Any, **kwargs: Any) -> ReleaseFile:
        file = model_class(**kwargs)
        box = ReleaseBox(file.release)
        file.sealed_content = box.seal(file, "sealed_content", b"\xff\xd8\xff")
        file.sealed_label = box.seal(file, "sealed_label", b"invented.jpg")
        file.save(force_insert=True)
        return file


class ReleaseItemFactory(DjangoModelFactory[ReleaseItem]):
    """A text of the release; the trait `page` makes it a blank page of a file."""

    class Meta:
        model = ReleaseItem

    release: Any = factory.SubFactory(ReleaseFactory)
    position: Any = factory.Sequence(lambda n: n + 1)
    label: Any = "Supplement"
    digest: Any = b"1" * 32
    text: Any = "The door was locked."

    class Params:
        page = factory.Trait(
            file=factory.SubFactory(ReleaseFileFactory, release=factory.SelfAttribute("..release")),
            width=SIDE,
            height=SIDE,
        )

    @classmethod
    def _create(cls, model_class: type[ReleaseItem], *args: Any, **kwargs: Any) -> ReleaseItem:
        text = kwargs.pop("text")
        item = model_class(**kwargs)
        box = ReleaseBox(item.release)
        content = jpeg() if item.file_id else text.encode()
        item.sealed_content = box.seal(item, "sealed_content", content)
        if item.file_id:
            layout = json.dumps({"text": "", "boxes": []}).encode()
            item.sealed_layout = box.seal(item, "sealed_layout", layout)
        item.save(force_insert=True)
        return item


class ReleaseMarkFactory(DjangoModelFactory[ReleaseMark]):
    """A suggestion that nobody has decided."""

    class Meta:
        model = ReleaseMark

    item: Any = factory.SubFactory(ReleaseItemFactory)
    start: Any = 0
    end: Any = 3
    category: Any = ReleaseCategory.OTHER
    exemption: Any = "RSMo 595.226"
