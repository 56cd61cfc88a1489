"""What one person has to do: across services, in a number of queries that does not grow with them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any

from apps.accounts.models import Notice, User
from apps.roadmap.engines.standing import Standing
from apps.roadmap.models import Binding, Criterion, Milestone, Risk, Task, WorkItem
from apps.roadmap.selectors.roadmaps import PLACE_IN_DOCUMENT
from apps.roadmap.selectors.standings import standings_of
from apps.roadmap.selectors.statuses import CriterionStatus

SOON_DAYS = 14
MOST_ENTRIES = 100
MOST_NOTICES = 5
_KINDS: tuple[type[Any], ...] = (Milestone, WorkItem, Task)
_BAD = (Standing.CONTRADICTED, Standing.FAILING, Standing.DECAYED)


@dataclass(frozen=True)
class MyWork:
    """What waits for a person, the most urgent first."""

    overdue: Sequence[Any]
    soon: Sequence[Any]
    undated: Sequence[Any]
    disproved: Sequence[CriterionStatus]
    risks: Sequence[Risk]
    suggestions: Sequence[Binding]
    notices: Sequence[Notice]

    @property
    def is_empty(self) -> bool:
        return not any(vars(self).values())


def my_work(*, person: User, at: datetime) -> MyWork:
    """What is assigned to the person or to a team of theirs, and what they may decide."""
    today = at.date()
    unfinished = list(chain.from_iterable(_unfinished(kind, person) for kind in _KINDS))
    dated = sorted((entry for entry in unfinished if entry.target_on), key=lambda entry: entry.target_on)
    return MyWork(
        overdue=[entry for entry in dated if entry.target_on < today],
        soon=[entry for entry in dated if 0 <= _days_until(entry, today) <= SOON_DAYS],
        undated=[entry for entry in unfinished if entry.target_on is None],
        disproved=_disproved(person, at),
        risks=list(_shown(Risk.objects.of_person(person).current().filter(status=Risk.Status.OPEN))),
        suggestions=_suggestions(person),
        notices=list(person.notices.unread()[:MOST_NOTICES]),
    )


def _unfinished(kind: type[Any], person: User) -> Iterable[Any]:
    mine = kind.objects.of_person(person).current().unfinished().select_related("service")
    by_target = mine.order_by("target_on", "service_id", "position")
    return by_target.defer(*PLACE_IN_DOCUMENT)[:MOST_ENTRIES]


def _shown(entries: Any) -> Any:
    return entries.select_related("service").defer(*PLACE_IN_DOCUMENT)[:MOST_ENTRIES]


def _disproved(person: User, at: datetime) -> list[CriterionStatus]:
    """The person's criteria whose evidence says no, or not any more."""
    mine = list(_shown(Criterion.objects.of_person(person).current().select_related("work_item")))
    found = [status for status in standings_of(mine, at).values() if status.standing in _BAD]
    return sorted(found, key=lambda status: _BAD.index(status.standing))


def _suggestions(person: User) -> list[Binding]:
    """Suggested checks of the person's criteria, where they may accept them."""
    if not person.has_perm("roadmap.accept_binding"):
        return []
    mine = Criterion.objects.of_person(person).current()
    waiting = Binding.objects.suggested().filter(criterion__in=mine.values("pk"))
    return list(waiting.select_related("criterion__service")[:MOST_ENTRIES])


def _days_until(entry: Any, today: date) -> int:
    return (entry.target_on - today).days
