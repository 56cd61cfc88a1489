"""Documents as they were imported, byte for byte, and the blocks that their lines belong to."""

import json
from collections.abc import Iterable

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q

from apps.catalog.models import Service
from apps.common.clock import now

_STORE_BLOCKS = """
    INSERT INTO "roadmap_documentblock" (revision_id, ordinal, start_line, end_line, kind, role)
    SELECT %s, (b->>0)::int, (b->>1)::int, (b->>2)::int, b->>3, b->>4 FROM jsonb_array_elements(%s::jsonb) AS b
"""


class Document(models.Model):
    """A Markdown document that a team keeps. Its newest revision is what an export starts from."""

    service = models.ForeignKey(Service, models.PROTECT, related_name="documents")
    name = models.CharField(max_length=300, help_text="The file's name or path; names the document within its service.")
    title = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["service", "name"]
        constraints = [models.UniqueConstraint(fields=["service", "name"], name="roadmap_document_name_unique")]

    def __str__(self) -> str:
        return self.title or self.name

    @property
    def newest_revision(self) -> "DocumentRevision | None":
        return self.revisions.order_by("-pk").first()


class DocumentRevision(models.Model):
    """One text of a document. Never changed; a new text is a new revision."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="revisions")
    raw = models.BinaryField(editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    encoding = models.CharField(max_length=20)
    newline = models.CharField(max_length=4)
    has_final_newline = models.BooleanField()
    repairs = models.JSONField(default=list, help_text="Runs of damaged characters, repaired for display only.")
    parser_version = models.PositiveIntegerField()
    imported_at = models.DateTimeField("imported", default=now)
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    source = models.CharField(max_length=1000, blank=True, help_text="Where it was read: the path in its repository.")
    source_revision = models.CharField(max_length=64, blank=True, help_text="The commit it was read at.")

    class Meta:
        ordering = ["-pk"]
        verbose_name = "document revision"

    def __str__(self) -> str:
        return f"{self.document} at {self.sha256[:7]}"


class DocumentBlockQuerySet(models.QuerySet["DocumentBlock"]):
    """Questions about blocks, and a quick way in for the thousands that a document may have."""

    def store(self, revision: DocumentRevision, blocks: Iterable[tuple[int, int, int, str, str]]) -> None:
        """Write a revision's blocks, each as ordinal, first line, last line, kind and role, in one statement."""
        with connection.cursor() as cursor:
            cursor.execute(_STORE_BLOCKS, [revision.pk, json.dumps(list(blocks))])


class DocumentBlock(models.Model):
    """Consecutive lines with one owner. The blocks of a revision cover every line once."""

    revision = models.ForeignKey(DocumentRevision, models.CASCADE, related_name="blocks")
    ordinal = models.PositiveIntegerField()
    start_line = models.PositiveIntegerField(help_text="The first line, counted from 1.")
    end_line = models.PositiveIntegerField(help_text="The last line, included.")
    kind = models.CharField(max_length=30, help_text="What Markdown makes of it.")
    role = models.CharField(max_length=30, help_text="What the roadmap makes of it; prose when no rule took it.")

    objects = DocumentBlockQuerySet.as_manager()

    class Meta:
        ordering = ["revision", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "ordinal"], name="roadmap_block_ordinal_unique"),
            models.CheckConstraint(condition=Q(end_line__gte=F("start_line")), name="roadmap_block_lines_in_order"),
        ]
