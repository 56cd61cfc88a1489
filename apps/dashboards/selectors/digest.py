"""What a person should know at the beginning of a week."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.urls import reverse

from apps.accounts.models import User
from apps.catalog.models import Environment
from apps.common.addresses import change_address
from apps.common.wording import age_in_words, date_in_words, lateness_in_words
from apps.dashboards.models import DigestRefusal
from apps.dashboards.selectors.my_work import SOON_DAYS, my_work
from apps.roadmap.engines.gate_answer import Decision
from apps.roadmap.models import Criterion, Milestone, PolicyRole, ServiceSummary, Waiver
from apps.roadmap.selectors.contradictions import DECAYED
from apps.roadmap.selectors.gate import gates_of
from apps.roadmap.selectors.policies import policies_of
from apps.roadmap.selectors.readiness import readiness_of_each
from apps.roadmap.selectors.statuses import Contradiction

SOON = timedelta(days=SOON_DAYS)


@dataclass(frozen=True)
class Line:
    """One thing: what it is, where, and what of it."""

    text: str
    path: str
    detail: str = ""


@dataclass(frozen=True)
class Part:
    """Things of one kind."""

    title: str
    lines: Sequence[Line]


@dataclass(frozen=True)
class Digest:
    """The parts that have something to say."""

    parts: tuple[Part, ...]

    @property
    def items(self) -> int:
        return sum(len(part.lines) for part in self.parts)


def wants_digest(person: User) -> bool:
    """Everybody does who did not switch it off."""
    return not DigestRefusal.objects.filter(person=person).exists()


def weekly_digest(*, person: User, at: datetime) -> Digest:
    """What waits for the person: what is theirs, or owned by a team of theirs."""
    work = my_work(person=person, at=at)
    untrue = list(_contradictions(person, at))
    decayed = [line for kind, line in untrue if kind == DECAYED]
    parts = (
        Part("Contradicted", [line for kind, line in untrue if kind != DECAYED]),
        Part("Decayed", decayed),
        Part("Overdue", [_late(entry, at) for entry in work.overdue]),
        Part(f"Due in {SOON_DAYS} days", [_soon(entry) for entry in work.soon]),
        Part("Waivers that end", list(_waivers(person, at))),
        Part("Signatures asked of you", list(_signatures(person, at))),
    )
    return Digest(tuple(part for part in parts if part.lines))


def _contradictions(person: User, at: datetime) -> Iterator[tuple[str, Line]]:
    milestones, criteria = _own_milestones(person), _own_criteria(person)
    services = {service for _, service in [*milestones, *criteria]}
    environments = Environment.objects.filter(service__in=services, is_default=True).select_related("service__owner")
    own = {Milestone: {pk for pk, _ in milestones}, Criterion: {pk for pk, _ in criteria}}
    for known in readiness_of_each(list(environments), at=at):
        for each in known.contradictions:
            if _is_of(each, own):
                yield each.kind, Line(each.sentence, _place(each), str(known.service))


def _own_milestones(person: User) -> list[tuple[int, int]]:
    return list(Milestone.objects.of_person(person).current().order_by().values_list("pk", "service_id"))


def _own_criteria(person: User) -> list[tuple[int, int]]:
    """The person's own, and those below milestones of theirs that nobody else owns."""
    milestones = Milestone.objects.of_person(person).current()
    mine = Q(pk__in=Criterion.objects.of_person(person).values("pk"))
    criteria = Criterion.objects.current().filter(mine | Q(owners=None, milestone__in=milestones.values("pk")))
    return list(criteria.order_by().values_list("pk", "service_id"))


def _is_of(each: Contradiction, own: dict[type[Any], set[int]]) -> bool:
    if each.criterion:
        return each.criterion.pk in own[Criterion]
    return each.milestone is not None and each.milestone.pk in own[Milestone]


def _place(each: Contradiction) -> str:
    if each.criterion:
        return reverse("admin:roadmap_criterion_evidence", args=[each.criterion.pk])
    return change_address(each.milestone) if each.milestone else ""


def _late(entry: Any, at: datetime) -> Line:
    return Line(str(entry), change_address(entry), f"{entry.service}, {lateness_in_words(entry.target_on, at=at)}")


def _soon(entry: Any) -> Line:
    target = date_in_words(entry.target_on, entry.target_precision)
    return Line(str(entry), change_address(entry), f"{entry.service}, {target}")


def _waivers(person: User, at: datetime) -> Iterator[Line]:
    mine = Q(criterion__in=[pk for pk, _ in _own_criteria(person)]) | Q(requested_by=person)
    ending = Waiver.objects.approved().filter(mine, ends_at__gt=at, ends_at__lte=at + SOON).order_by("ends_at", "pk")
    for each in ending.select_related("criterion", "environment__service"):
        service = each.environment.service
        yield Line(str(each.criterion), change_address(each), f"{service}, ends {age_in_words(each.ends_at, at=at)}")


def _signatures(person: User, at: datetime) -> Iterator[Line]:
    """The gates that wait for nothing but signatures, one of them the person's."""
    ready = ServiceSummary.objects.filter(decision=Decision.READY_TO_SIGN, environment__is_default=True)
    environments = [each.environment for each in ready.select_related("environment__service__owner")]
    policies = policies_of(environments, at)
    asked = {
        each: names
        for each in environments
        if (policy := policies[each.pk]) and (names := _roles_of(policy.roles.all(), person))
    }
    for known, answer in zip(readinesses := readiness_of_each(list(asked), at=at), gates_of(readinesses), strict=True):
        for each in answer.unsigned_roles:
            has_signed = str(person) in {one.person for one in each.approvals}
            if each.role.name in asked[known.environment] and not has_signed:
                path = reverse("admin:roadmap_gate", args=[known.environment.pk])
                yield Line(f"{known.service}: {each.role.name}", path, each.sentence)


def _roles_of(roles: Iterable[PolicyRole], person: User) -> set[str]:
    return {role.name for role in roles if role.needed and role.has_member(person)}
