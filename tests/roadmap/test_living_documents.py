"""Documents are edited again and again, and every entry stays itself."""

import random
import re
from contextlib import contextmanager
from functools import cache

import pytest
from django.db import connection

from apps.roadmap.engines.identity import match
from apps.roadmap.engines.parser import parse_document
from apps.roadmap.engines.surroundings import Surroundings
from apps.roadmap.models import Criterion, Document, Milestone, Task
from apps.roadmap.services.importing import import_document
from apps.roadmap.services.merging import Changes
from tests.roadmap import editing, seeds
from tests.thoroughness import inputs

GENERATED = "# Voyage\n\n" + "\n".join(
    f"## M{number} {editing.VOCABULARY[number].capitalize()} and {editing.VOCABULARY[-number - 1]}\n"
    f"- [~] Owner: Deck + Engine {number}  Target: 2026-0{number % 9 + 1}-12\n- Tasks\n"
    + "".join(f"  - [ ] Check the {word} of watch {number}\n" for word in editing.VOCABULARY[number : number + 6])
    + ("  - [x] Write a runbook\n" if number in (2, 5) else "")
    + "- Acceptance\n"
    + f"  - [ ] The {editing.VOCABULARY[-number]} answers with p95 < {number}00 ms\n  - [ ] {number} people signed it\n"
    for number in range(9)
)
SINGLE_EDITS, BATCHES = inputs(200), inputs(20)


def texts():
    return [pytest.param(name, marks=seeds.needs_seeds) for name in seeds.NAMES] + ["generated"]


def text_named(name: str) -> str:
    return GENERATED if name == "generated" else seeds.raw(name).decode()


@cache
def read_before(text: str):
    parsed = parse_document(text.encode())
    return editing.traits_of(parsed), editing.places_of(parsed, range(1, text.count("\n") + 2))


def compare(before: str, lines: editing.Lines) -> tuple[list[str], list[str]]:
    """Which entries of the edited document were taken for another, and which were not known again."""
    old_traits, old_places = read_before(before)
    new = parse_document(editing.text_of(lines).encode())
    new_traits = editing.traits_of(new)
    new_places = editing.places_of(new, (line.tag for line in lines))
    texts = {"old_text": Surroundings(before), "new_text": Surroundings(editing.text_of(lines))}
    pairs = match(old_traits, new_traits, **texts)
    truth = {place: at for at, place in enumerate(old_places)}
    wrong, lost = [], []
    for at, place in enumerate(new_places):
        expected, given = truth.get(place), pairs.get(at)
        new_trait, was = new_traits[at], None if expected is None else old_traits[expected]
        if given is not None and given != expected and not _may_be(new_trait, old_traits[given], was):
            wrong.append(f"{new_trait} was taken for {old_traits[given]}")
        if was and given is None:
            lost.append(f"{new_trait} was {was}")
    return wrong, lost


def _may_be(new, given, expected) -> bool:
    """Of several entries with the very same words, nobody can say which one stayed and which one went."""
    if expected is None:
        return (new.section, new.words) == (given.section, given.words)
    return new.words == given.words == expected.words


@pytest.mark.parametrize("name", texts())
def test_single_edits_never_give_a_wrong_identity_and_lose_few(name):
    dice, text = random.Random(f"single {name}"), text_named(name)  # noqa: S311 - the same edits on every run
    found = [compare(text, editing.edit(editing.tagged(text), dice)[1]) for _ in range(SINGLE_EDITS)]

    assert [sentence for wrong, _ in found for sentence in wrong] == []
    assert sum(len(lost) for _, lost in found) <= 0.02 * SINGLE_EDITS


@pytest.mark.parametrize("name", texts())
def test_ten_edits_at_once_never_give_a_wrong_identity_and_lose_few(name):
    dice, text = random.Random(f"batch {name}"), text_named(name)  # noqa: S311
    found = []
    for _ in range(BATCHES):
        lines = editing.tagged(text)
        for _ in range(10):
            _, lines = editing.edit(lines, dice)
        found.append(compare(text, lines))

    assert [sentence for wrong, _ in found for sentence in wrong] == []
    assert sum(len(lost) for _, lost in found) <= 0.02 * 10 * BATCHES


@contextmanager
def writes():
    """The tables that statements write to, one by one."""
    tables: list[str] = []

    def note(execute, sql, parameters, many, context):
        found = re.match(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"', sql)
        if found:
            tables.append(found[1])
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(note):
        yield tables


def load(service, text: str):
    return import_document(service=service, name="voyage.md", raw=text.encode())


def test_the_same_text_writes_no_row(service):
    load(service, GENERATED)
    with writes() as tables:
        report = load(service, GENERATED)

    assert report.is_unchanged
    assert tables == []


@pytest.mark.parametrize("change", [lambda text: text.replace("\n", "\r\n"), lambda text: text + "\n\n"])
def test_other_bytes_that_say_the_same_write_only_the_revision(service, change):
    load(service, GENERATED)
    with writes() as tables:
        report = load(service, change(GENERATED))

    assert set(tables) == {"roadmap_documentrevision", "roadmap_documentblock", "audit_auditevent"}
    assert report.changes == Changes()


@pytest.mark.parametrize("name", texts())
def test_edited_documents_keep_their_rows(service, name):
    dice, before = random.Random(f"rows {name}"), text_named(name)  # noqa: S311
    load(service, before)
    lines = editing.tagged(before)
    for _ in range(10):
        _, lines = editing.edit(lines, dice)
    before_edits = dict(rows_by_line())
    load(service, editing.text_of(lines))

    tags = {at: line.tag for at, line in enumerate(lines, start=1)}
    pairs = [(before_edits.get(tags[line]), keys) for line, keys in rows_by_line().items()]
    changed = [1 for before_keys, keys in pairs if before_keys and before_keys != keys]
    assert len(changed) <= 2
    assert all(model.objects.filter(pk=key).exists() for keys in before_edits.values() for model, key in keys)


def rows_by_line():
    """The tasks and criteria that stand in each line."""
    found: dict[int, list[tuple[type, int]]] = {}
    for model in (Task, Criterion):
        for row in model.objects.current().order_by("line", "pk"):
            found.setdefault(row.line, []).append((model, row.pk))
    return found


def test_what_vanished_comes_back_with_its_history_whatever_moved_meanwhile(service):
    load(service, GENERATED)
    gone = Task.objects.filter(text="Write a runbook").first()
    without = GENERATED.replace("  - [x] Write a runbook\n", "", 1)
    load(service, without)
    gone.refresh_from_db()
    assert gone.orphaned_at

    load(service, "\n\n\n\n" + without.replace("M0 ", "M0 Further "))
    kept = set(Task.objects.current().values_list("pk", flat=True))
    assert gone.pk not in kept

    load(service, GENERATED)
    gone.refresh_from_db()
    assert gone.orphaned_at is None
    assert set(Task.objects.current().values_list("pk", flat=True)) == kept | {gone.pk}


def test_a_renamed_milestone_keeps_everything_under_it(service):
    load(service, GENERATED)
    before = {(type(row), row.pk) for model in (Milestone, Task, Criterion) for row in model.objects.all()}
    report = load(service, re.sub(r"## M(\d) (\w+) and", r"## M1\1 \2 before", GENERATED))

    assert (report.changes.created, report.changes.vanished) == (0, 0)
    after = {(type(row), row.pk) for model in (Milestone, Task, Criterion) for row in model.objects.current()}
    assert after == before
    assert not Document.objects.get().conflicts.exists()
