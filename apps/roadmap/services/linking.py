"""What belongs together: milestones that wait for others, and entries with addresses on the web."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from apps.accounts.models import User
from apps.audit import services as audit
from apps.common.exceptions import problems_in
from apps.roadmap.exceptions import DependencyRefused, LinkRefused
from apps.roadmap.models import Dependency, Entry, Link, Milestone

_DEPENDENCIES_LOCK = 0x5EA_DE9


@transaction.atomic
def add_dependency(*, predecessor: Milestone, successor: Milestone, actor: User | None = None) -> Dependency:
    """Let the successor wait for the predecessor. Raises DependencyRefused, which names the loop there would be."""
    # One at a time: of two that are added at once, each might close the loop that the other does not see.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_DEPENDENCIES_LOCK])
    if predecessor == successor:
        raise DependencyRefused(f"“{successor}” cannot wait for itself.")
    if loop := _way(successor, predecessor):
        names = " → ".join(f"“{milestone}”" for milestone in [*loop, successor])
        raise DependencyRefused(f"That would close a loop: {names}. Remove one of these dependencies first.")
    dependency, is_new = Dependency.objects.get_or_create(predecessor=predecessor, successor=successor)
    if not is_new:
        raise DependencyRefused(f"“{successor}” waits for “{predecessor}” already.")
    audit.record(action="milestone.dependency_added", subject=successor, actor=actor, details=_pair(dependency))
    return dependency


@transaction.atomic
def remove_dependency(*, dependency: Dependency, actor: User | None = None) -> None:
    """Let a milestone wait no longer."""
    details, successor = _pair(dependency), dependency.successor
    dependency.delete()
    audit.record(action="milestone.dependency_removed", subject=successor, actor=actor, details=details)


@transaction.atomic
def add_link(*, entry: Entry, url: str, kind: str = Link.Kind.OTHER, title: str = "", actor: Any = None) -> Link:
    """Give an entry an address on the web. Raises LinkRefused, which names the field."""
    link = Link(entry=entry, url=url.strip(), kind=kind, title=title.strip(), added_by=actor)
    try:
        link.clean_fields()
        with transaction.atomic():
            link.save()
    except ValidationError as error:
        raise LinkRefused(problems_in(error, {"url": "address"})) from error
    except IntegrityError as error:
        raise LinkRefused("address: the entry has this link already.") from error
    audit.record(action=f"{entry._meta.model_name}.link_added", subject=entry, actor=actor, details={"url": link.url})
    return link


@transaction.atomic
def remove_link(*, link: Link, actor: Any = None) -> None:
    """Take an address away from its entry."""
    entry, details = link.entry, {"url": link.url}
    link.delete()
    audit.record(action=f"{entry._meta.model_name}.link_removed", subject=entry, actor=actor, details=details)


def _way(start: Milestone, end: Milestone) -> list[Milestone]:
    """The milestones on a way from one to another along what follows what; empty where there is none."""
    followers: Mapping[int, list[int]] = defaultdict(list)
    for predecessor, successor in Dependency.objects.values_list("predecessor_id", "successor_id"):
        followers[predecessor].append(successor)
    came_from: dict[int, int] = {start.pk: 0}
    waiting = [start.pk]
    while waiting and end.pk not in came_from:
        here = waiting.pop(0)
        for following in followers[here]:
            if following not in came_from:
                came_from[following] = here
                waiting.append(following)
    if end.pk not in came_from:
        return []
    keys = [end.pk]
    while keys[-1] != start.pk:
        keys.append(came_from[keys[-1]])
    milestones = Milestone.objects.in_bulk(keys)
    return [milestones[key] for key in reversed(keys)]


def _pair(dependency: Dependency) -> dict[str, Any]:
    return {"waits_for": str(dependency.predecessor), "milestone": dependency.predecessor_id}
