"""What the roadmaps of services hold, as readiness is computed from it: without what it never reads."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

from django.db.models import Model, prefetch_related_objects

from apps.catalog.models import Service
from apps.common.columns import columns_of, read_rows
from apps.roadmap.models import Binding, Conflict, Criterion, DocumentRevision, Entry, Milestone, Task, WorkItem

Row = TypeVar("Row")
PLACE_IN_DOCUMENT = ("spans", "imported")  # large, and only an export reads them
_UNREAD = (*PLACE_IN_DOCUMENT, "measures")

# Plain SQL: of a list of keys Django would make a parameter each, and write each question anew each time.
_MILESTONES = f"""
SELECT {columns_of(Milestone, "milestone", _UNREAD)}, ARRAY(
    SELECT team.name FROM roadmap_milestone_owners AS owner JOIN catalog_team AS team ON team.id = owner.team_id
    WHERE owner.milestone_id = milestone.id ORDER BY team.name
) AS owner_names
FROM roadmap_milestone AS milestone WHERE service_id = ANY(%s) ORDER BY service_id, position, id
"""  # noqa: S608  the names of columns
_CRITERIA = f"""
SELECT {columns_of(Criterion, "criterion", _UNREAD)}, ARRAY(
    SELECT team.name FROM roadmap_criterion_owners AS owner JOIN catalog_team AS team ON team.id = owner.team_id
    WHERE owner.criterion_id = criterion.id ORDER BY team.name
) AS owner_names
FROM roadmap_criterion AS criterion WHERE service_id = ANY(%s) AND orphaned_at IS NULL ORDER BY service_id, position, id
"""  # noqa: S608  the names of columns
_WORK_ITEMS = f"""
SELECT {columns_of(WorkItem, "work_item", _UNREAD)} FROM roadmap_workitem AS work_item WHERE id = ANY(%s)
"""  # noqa: S608  the names of columns
_BINDINGS = f"""
SELECT {columns_of(Binding, "binding")} FROM roadmap_binding AS binding
WHERE criterion_id = ANY(%s) AND state <> %s ORDER BY id
"""  # noqa: S608  the names of columns
_TASKS = f"""
SELECT {columns_of(Task, "task", _UNREAD)}, coalesce(task.milestone_id, work_item.milestone_id, 0) AS stands_below
FROM roadmap_task AS task LEFT JOIN roadmap_workitem AS work_item ON work_item.id = task.work_item_id
WHERE task.service_id = ANY(%s) AND task.orphaned_at IS NULL ORDER BY task.service_id, task.position, task.id
"""  # noqa: S608  the names of columns
_REVISIONS = f"""
SELECT DISTINCT ON (document_id) {columns_of(DocumentRevision, "revision", ["raw"])}
FROM roadmap_documentrevision AS revision JOIN roadmap_document AS document ON document.id = document_id
WHERE document.service_id = ANY(%s) ORDER BY document_id, revision.id DESC
"""  # noqa: S608  the names of columns
_CONFLICTS = f"""
SELECT {columns_of(Conflict, "conflict")}
FROM roadmap_conflict AS conflict JOIN roadmap_document AS document ON document.id = document_id
WHERE document.service_id = ANY(%s) AND settled_at IS NULL ORDER BY document_id, conflict.id
"""  # noqa: S608  the names of columns
_CURRENT = """
SELECT {columns} FROM {table} AS entry
WHERE service_id = %s AND orphaned_at IS NULL AND {condition} ORDER BY position, id
"""


def milestones_of(services: Collection[int]) -> list[Milestone]:
    """The services' milestones in order, each with `owner_names`.

    Those that vanished too: what was added below one is there still.
    """
    return read_rows(Milestone, _MILESTONES, [list(services)], without=_UNREAD, then="owner_names")


def criteria_of(services: Collection[int], milestones: Mapping[int, Milestone]) -> list[Criterion]:
    """The services' criteria in order, each with `owner_names`; their work items and milestones are read once."""
    criteria: list[Criterion] = read_rows(Criterion, _CRITERIA, [list(services)], without=_UNREAD, then="owner_names")
    keys = list({each.work_item_id for each in criteria if each.work_item_id})
    found = read_rows(WorkItem, _WORK_ITEMS, [keys], without=_UNREAD) if keys else []
    work_items = {each.pk: each for each in found}
    _share([*criteria, *work_items.values()], "milestone", milestones)
    _share(criteria, "work_item", work_items)
    return criteria


def current_entries(model: type[Entry], service: Service, *beside: str, condition: str = "TRUE") -> list[Any]:
    """The service's current entries of a kind in order, with what a page shows beside each."""
    columns = columns_of(model, "entry", PLACE_IN_DOCUMENT)
    question = _CURRENT.format(columns=columns, table=model._meta.db_table, condition=condition)
    found = read_rows(model, question, [service.pk], without=PLACE_IN_DOCUMENT)
    prefetch_related_objects(found, *beside)
    return found


def bindings_by_criterion(criteria: Iterable[Criterion]) -> Mapping[int, list[Binding]]:
    """Those of the criteria that nobody declined."""
    found = read_rows(Binding, _BINDINGS, [[each.pk for each in criteria], Binding.State.DECLINED.value])
    return grouped(found, lambda binding: binding.criterion_id)


def tasks_by_milestone(services: Collection[int]) -> Mapping[int, list[Task]]:
    """The services' tasks in order, by the milestone above them or above their work item; under 0 those of none."""
    found = read_rows(Task, _TASKS, [list(services)], without=_UNREAD, then="stands_below")
    return grouped(found, lambda task: task.stands_below)


def revisions_by_service(services: Collection[int]) -> Mapping[int, list[DocumentRevision]]:
    """The newest revision of each of the services' documents, without its text."""
    found = read_rows(DocumentRevision, _REVISIONS, [list(services)], without=["raw"])
    prefetch_related_objects(found, "document")
    return grouped(found, lambda revision: revision.document.service_id)


def conflicts_by_service(services: Collection[int]) -> Mapping[int, list[Conflict]]:
    """What is in conflict with the services' documents, in as many queries as there are kinds of entries."""
    found = read_rows(Conflict, _CONFLICTS, [list(services)])
    prefetch_related_objects(found, "document", "entry")
    return grouped(found, lambda conflict: conflict.document.service_id)


def grouped(rows: Iterable[Row], key: Callable[[Row], int]) -> Mapping[int, list[Row]]:
    """The rows by their key, each in its order; none under any other."""
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def _share(entries: Iterable[Model], relation: str, related: Mapping[int, Model]) -> None:
    """Give the entries what they refer to; where it is not known, they ask for it themselves."""
    for entry in entries:
        if found := related.get(getattr(entry, f"{relation}_id")):
            setattr(entry, relation, found)
