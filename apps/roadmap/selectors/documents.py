"""Questions about imported documents."""

from django.db.models import OuterRef, QuerySet, Subquery

from apps.roadmap.exceptions import DocumentChanged, UnknownDocument
from apps.roadmap.models import Document, DocumentRevision


def find_document(name: str) -> Document:
    """The document named SERVICE/NAME, NAME, or by a service that has one only. Raises UnknownDocument."""
    service, _, rest = name.partition("/")
    documents = Document.objects.select_related("service")
    for found in (
        documents.filter(service__slug=service, name=rest),
        documents.filter(name=name),
        documents.filter(service__slug=name),
    ):
        matches = list(found[:10])
        if len(matches) == 1:
            return matches[0]
        if matches:
            names = ", ".join(f"{document.service.slug}/{document.name}" for document in matches)
            raise UnknownDocument(f"{name!r} is more than one document: name one of {names}.")
    raise UnknownDocument(f"There is no document {name!r}: import one with import_roadmap.")


def find_revision(document: Document, sha256: str) -> DocumentRevision:
    """The document's last text of that digest. Raises DocumentChanged when it never had such a text."""
    revision = document.revisions.filter(sha256=sha256).order_by("-pk").first()
    if revision is None:
        raise DocumentChanged("The document has no such text: look at its lines again.")
    return revision


def documents_with_newest_revision() -> QuerySet[Document]:
    """Every document with the digest and the instant of its newest text."""
    newest = DocumentRevision.objects.filter(document=OuterRef("pk")).order_by("-pk")
    return Document.objects.select_related("service").annotate(
        sha256=Subquery(newest.values("sha256")[:1]), imported_at=Subquery(newest.values("imported_at")[:1])
    )
