"""What stands beside an entry: comments, links, and which milestones wait for which."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet

from apps.roadmap.models import Comment, Dependency, Entry, Link, Milestone, Task


@dataclass
class Effort:
    """How much work the tasks of a milestone are, as far as somebody estimated them."""

    days: Decimal = Decimal(0)
    days_finished: Decimal = Decimal(0)
    tasks: int = 0
    tasks_without: int = 0


def comments_of(entry: Entry) -> QuerySet[Comment]:
    """What people said about it, the oldest first."""
    return Comment.objects.filter(content_type=_kind(entry), object_id=entry.pk).select_related("author")


def links_of(entry: Entry) -> QuerySet[Link]:
    """Its addresses on the web."""
    return Link.objects.filter(content_type=_kind(entry), object_id=entry.pk)


def waits_for(milestone: Milestone) -> QuerySet[Dependency]:
    """The milestones that have to be reached before it."""
    return milestone.waits_for.select_related("predecessor__service")


def followed_by(milestone: Milestone) -> QuerySet[Dependency]:
    """The milestones that wait for it."""
    return milestone.followed_by.select_related("successor__service")


def effort_of(milestones: Iterable[Milestone]) -> dict[int, Effort]:
    """The effort of each milestone's tasks, those of its work items included, by the milestone's key."""
    keys = [milestone.pk for milestone in milestones]
    tasks = Task.objects.current().filter(Q(milestone__in=keys) | Q(work_item__milestone__in=keys))
    totals: dict[int, Effort] = defaultdict(Effort)
    for task in tasks.select_related("work_item").only("effort", "claim", "milestone", "work_item__milestone"):
        of_item = task.work_item.milestone_id if task.work_item else None
        _add(totals[task.milestone_id or of_item or 0], task)
    return dict(totals)


def _add(total: Effort, task: Task) -> None:
    days = task.effort_days
    total.tasks += 1
    total.tasks_without += days is None
    total.days += days or 0
    total.days_finished += (days or 0) if task.is_finished else 0


def _kind(entry: Entry) -> ContentType:
    return ContentType.objects.get_for_model(entry)
