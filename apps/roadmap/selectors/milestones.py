"""Finding a milestone by what people call it."""

from collections.abc import Iterable

from apps.catalog.models import Service
from apps.roadmap.exceptions import UnknownMilestone
from apps.roadmap.models import Milestone


def find_milestone(name: str, *, service: Service) -> Milestone:
    """The milestone of that code or title; of another service as `slug: name`. Raises UnknownMilestone."""
    slug, colon, rest = name.partition(":")
    own = _named(name, Milestone.objects.current().of_service(service))
    other = _named(rest, Milestone.objects.current().filter(service__slug=slug.strip())) if colon else []
    found = own or other
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownMilestone(f"There are {len(found)} milestones called “{name.strip()}”; write the full title.")
    raise UnknownMilestone(f"There is no milestone “{name.strip()}”. Write its code or title; service: M3 for others.")


def _named(name: str, milestones: Iterable[Milestone]) -> list[Milestone]:
    wanted = name.strip().casefold()
    return [each for each in milestones if wanted and wanted in _names(each)]


def _names(milestone: Milestone) -> set[str]:
    return {name.casefold() for name in (str(milestone), milestone.title, milestone.code)}
