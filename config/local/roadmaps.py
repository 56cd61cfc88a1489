"""The roadmap of a first run: the one that was asked for, or the sample."""

from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.text import slugify

from apps.catalog.models import Service
from apps.catalog.services import ensure_service
from apps.roadmap.engines.parser import parse_document
from apps.roadmap.engines.source import Limits
from apps.roadmap.models import Binding, Criterion
from apps.roadmap.services.binding import accept_binding
from apps.roadmap.services.importing import ImportReport, import_document
from config.env import PROJECT_DIRECTORY
from config.local.preflight import CannotStart

SAMPLE = PROJECT_DIRECTORY / "samples" / "roadmaps"
MARKDOWN = {".md", ".markdown", ".txt"}


@transaction.atomic
def import_roadmap(*, path: Path | None, service: str) -> tuple[Service, list[ImportReport]]:
    """Import the file or folder, all of it or nothing. Raises CannotStart, or RoadmapError naming the line."""
    documents = {file.name: _read(file) for file in _files(path or SAMPLE)}
    if path is None:
        owner = ensure_service(slug=settings.OWN_SERVICE)
    else:
        owner = ensure_service(slug=_slug(service, documents), name=service[:200])
    return owner, [import_document(service=owner, name=name, raw=raw) for name, raw in documents.items()]


def accept_suggestions(service: Service) -> int:
    """Accept what the machine suggests for the sample, which was written with these checks in mind."""
    suggested = list(_suggestions(service))
    for binding in suggested:
        accept_binding(binding=binding)
    return len(suggested)


def count_suggestions(service: Service) -> int:
    """How many criteria wait for a person to accept or decline a check."""
    return _suggestions(service).values("criterion").distinct().count()


def _suggestions(service: Service) -> QuerySet[Binding]:
    return Binding.objects.suggested().filter(criterion__in=Criterion.objects.current().of_service(service))


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in MARKDOWN and file.is_file())
    if not files:
        raise CannotStart(f"The folder {path} holds no Markdown file (.md).")
    return files


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(Limits().size_bytes + 1)  # enough to be refused
    except OSError as error:
        raise CannotStart(f"The roadmap {file} cannot be read: {error.strerror}.") from error


def _slug(service: str, documents: dict[str, bytes]) -> str:
    name, raw = next(iter(documents.items()))
    slug = slugify(service or parse_document(raw).title or Path(name).stem)[:50].strip("-")
    return slug or "service"
