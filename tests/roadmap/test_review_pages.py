"""The review: what each line became, and what people say it is instead."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.roadmap.models import Correction, Criterion, Task
from apps.roadmap.selectors.readings import Show, review_lines
from apps.roadmap.selectors.review import LINES_OF_A_PAGE, review
from apps.roadmap.services.corrections import correct_lines
from apps.roadmap.services.importing import import_document
from tests.pages import read_page

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TEXT = """# Road

## M1: Safety
- [ ] Owner: Core  Target: 2026-03-02
- [x] Lock deps

## Incident response
- Page the on-call
- Open a channel
- Tell the customers <b>now</b>

## Tasks
- Maybe a task
"""
LOCK, PAGE, MAYBE = 5, 8, 13


@pytest.fixture
def document(service):
    return load(service, TEXT)


def load(service, text):
    return import_document(service=service, name="road.md", raw=text.encode(), now=AT).document


@pytest.fixture
def as_olga(client, olga):
    client.force_login(olga)
    return client


def address(name, document, *rest):
    return reverse(f"admin:roadmap_{name}", args=[document.pk, *rest])


def test_every_line_shows_what_it_became(as_olga, document):
    lines = {line.number: line for line in review_lines(document.newest_revision)}
    assert "".join(f"{line.text}\n" for line in lines.values()) == TEXT
    (reading,) = lines[LOCK].readings
    assert (reading.kind, reading.claim, reading.under, reading.certainty) == ("Task", "done", "Safety", "sure")
    assert (lines[4].role, lines[PAGE].role) == ("Value of what it stands under", "Prose")
    assert lines[MAYBE].readings[0].is_doubtful

    page = as_olga.get(address("document_review", document))
    text = page.content.decode()
    assert read_page(page).refused == []
    assert 'id="line-5"' in text
    assert '5 lines of prose: <span class="sub">## Incident response' in " ".join(text.split())
    assert "These 3 items are tasks" in text
    assert "&lt;b&gt;now" in text


def test_filters_show_only_what_they_say(document):
    revision = document.newest_revision
    correct_lines(revision=revision, lines=[PAGE], becomes="task")

    def numbers(show):
        return [line.number for run in review(revision, show=show).runs for line in run.lines]

    assert numbers(Show.DOUBTFUL) == [MAYBE]
    assert numbers(Show.CORRECTED) == [PAGE]
    assert {9, 10} <= set(numbers(Show.PROSE))
    assert PAGE not in numbers(Show.PROSE)


def test_plain_items_are_promoted_with_one_button(as_olga, document):
    revision = document.newest_revision
    as_olga.post(address("document_review", document), {"revision": revision.pk, "bullets": "8 9 10"})

    assert list(Task.objects.filter(line__in=[8, 9, 10]).values_list("line", flat=True)) == [8, 9, 10]
    assert Correction.objects.count() == 3


def test_chosen_lines_are_corrected_together(as_olga, document):
    posted = {"revision": document.newest_revision.pk, "line": [LOCK, PAGE], "becomes": "criterion"}
    response = as_olga.post(address("document_review", document), posted, follow=True)

    assert "2 lines corrected: criterion." in response.content.decode()
    assert [criterion.line for criterion in Criterion.objects.order_by("line")] == [LOCK, PAGE]
    nothing = as_olga.post(
        address("document_review", document), {"revision": 1, "becomes": "task"}, follow=True
    ).content.decode()
    assert "Choose lines first." in nothing


def test_only_what_is_changed_in_a_line_is_corrected(as_olga, document):
    page = address("document_line", document, LOCK)
    form = as_olga.get(page).context["form"]
    posted = {name: form.initial[name] for name in ("becomes", "text", "claim", "owner", "target")}
    as_olga.post(page, {**posted, "owner": "QA", "revision": document.newest_revision.pk})

    assert Correction.objects.get().values == {"owner": "QA"}
    assert Task.objects.get(line=LOCK).owners.get().name == "QA"

    form = as_olga.get(page).context["form"]
    assert form.initial["owner"] == "QA"
    posted |= {"owner": "QA", "claim": "todo", "revision": document.newest_revision.pk}
    assert "Somebody else corrected the line meanwhile" in as_olga.post(page, posted).content.decode()
    assert Correction.objects.get().values == {"owner": "QA"}
    as_olga.post(page, posted | {"seen": Correction.objects.get().pk})
    assert Correction.objects.active().get().values == {"owner": "QA", "claim": "todo"}


def test_a_refusal_is_said_in_the_form(as_olga, document, service):
    page, revision = address("document_line", document, LOCK), document.newest_revision.pk
    posted = {"becomes": "task", "text": "Lock deps", "claim": "done", "target": "soon", "revision": revision}
    assert "is no date" in as_olga.post(page, posted).content.decode()
    load(service, TEXT + "\nmore\n")
    assert "imported meanwhile" in as_olga.post(page, {**posted, "target": ""}).content.decode()
    assert not Correction.objects.exists()
    assert as_olga.get(address("document_line", document, 2)).status_code == 404


def test_a_correction_that_waits_is_shown_and_can_be_undone(as_olga, document, service):
    correct_lines(revision=document.newest_revision, lines=[PAGE], becomes="task")
    report = import_document(service=service, name="road.md", raw=TEXT.replace("Page the", "Phone").encode(), now=AT)
    assert report.waiting_corrections == 1
    page = as_olga.get(address("document_review", document)).content.decode()
    assert "Waiting for their line" in page

    as_olga.post(address("correction_undo", document), {"correction": Correction.objects.get().pk})
    assert not Correction.objects.active().exists()
    assert "Waiting for their line" not in as_olga.get(address("document_review", document)).content.decode()


def test_long_documents_are_paged_at_headings_and_a_line_finds_its_page(as_olga, service):
    sections = "".join(f"## M{number}: Part\n" + "- [ ] task\n" * 99 for number in range(10))
    document = load(service, sections)
    found = review(document.newest_revision, line=850)

    assert (found.page, len(found.pages)) == (3, 4)
    assert all(last - first < LINES_OF_A_PAGE for first, last in found.pages)
    assert all((first - 1) % 100 == 0 for first, _ in found.pages)
    assert 'id="line-850"' in as_olga.get(address("document_review", document) + "?at=850").content.decode()


def test_a_page_takes_the_same_number_of_queries_for_any_number_of_lines(as_olga, document, service):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            as_olga.get(address("document_review", document))
        return len(captured)

    few = queries()
    load(service, TEXT + "- [ ] more\n" * 100)
    assert queries() == few


def test_a_viewer_looks_and_corrects_nothing(client, sam, document):
    sam.groups.add(Group.objects.get(name="viewer"))
    client.force_login(sam)
    posted = {"revision": document.newest_revision.pk, "line": [PAGE], "becomes": "task"}

    assert "Correct them" not in client.get(address("document_review", document)).content.decode()
    assert "You may look" in client.get(address("document_line", document, PAGE)).content.decode()
    assert client.post(address("document_review", document), posted).status_code == 403
    assert client.post(address("document_line", document, PAGE), posted).status_code == 403
    assert client.post(address("correction_undo", document), {"correction": 1}).status_code == 403
    assert not Correction.objects.exists()
