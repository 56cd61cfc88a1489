"""Documents that mean no good are imported safely, or refused in a sentence, and then nothing is changed."""

import threading

import pytest
from django.db import connection, connections

from apps.audit.models import AuditEvent
from apps.roadmap.exceptions import DocumentRefused
from apps.roadmap.models import Document, DocumentRevision, Task
from apps.roadmap.services.exporting import export_document
from apps.roadmap.services.importing import import_document

TEXT = "# Road\n\n- [ ] Write runbook\n"
MEGABYTE = 1024 * 1024


def load(service, raw: bytes):
    return import_document(service=service, name="road.md", raw=raw)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"- [ ] a\n" * MEGABYTE, r"larger than the limit of 5 MB: split it\."),
        (b"- [ ] a\n\n" * 100_000, r"Line \d+: the document has more than 20,000 blocks: split it\."),
        (
            b"".join(b"  " * depth + b"- [ ] a\n" for depth in range(1_000)),
            r"Line \d+: lists or quotes are nested too deep",
        ),
        (TEXT.encode() + b"\x00", r"Line 4: there is a NUL character\."),
        (TEXT.encode("utf-16"), r"Line 1: the document is UTF-16\. Save it as UTF-8"),
        (TEXT.encode() + "größer".encode("latin-1"), r"Line 4: a byte is not UTF-8\."),
    ],
)
def test_it_is_refused_in_a_sentence_and_nothing_is_changed(service, raw, sentence):
    load(service, TEXT.encode())
    before = AuditEvent.objects.count()
    with pytest.raises(DocumentRefused, match=sentence):
        load(service, raw)

    assert (DocumentRevision.objects.count(), AuditEvent.objects.count()) == (1, before)
    assert Task.objects.get().orphaned_at is None


@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000 + "\n\n" + "**" * 20_000 + "\n\n" + "`" * 20_000 + "\n",
        "- [ ] " + "very " * 100_000 + "long\n",
        "<script>alert(1)</script>\n\n- [ ] <img src=x onerror=alert(1)> [click](javascript:alert(1))\n",
        "\ufeff- [ ] marked\r\n- [ ] twice\r\n",
    ],
)
def test_it_is_imported_and_comes_back_byte_by_byte(service, text):
    raw = text.encode()
    report = load(service, raw)

    assert report.counts["identical_export"] is True
    assert export_document(Document.objects.get()) == raw


def test_twenty_thousand_lines_are_within_the_limits(service):
    raw = "".join(f"line {number}\nof a text\n" for number in range(10_000)).encode()
    assert load(service, raw).counts["prose_lines"] == 20_000


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_are_one_after_the_other(service):
    texts = [TEXT + f"- [ ] From text {number}\n" for number in range(3)]
    refused = []

    def run(text: str) -> None:
        try:
            load(service, text.encode())
        except Exception as error:
            refused.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)

    assert refused == []
    newest = Document.objects.get().newest_revision
    current = Task.objects.current().values_list("text", flat=True)
    assert DocumentRevision.objects.count() == 3
    assert sorted(current) == sorted(line[6:] for line in bytes(newest.raw).decode().split("\n") if "[ ]" in line)
    assert Task.objects.filter(text="Write runbook").count() == 1
    assert connection.is_usable()
