"""Rows of many services: criteria, bindings, observations and tasks, with every standing among them."""

from datetime import timedelta

TASKS, MILESTONES, CRITERIA = 30, 6, 60
VERIFIER = "healthchecks.availability"
FACTS = {
    "availability_percent": 99.95,
    "checks": 60,
    "failures": 0,
    "coverage_percent": 100.0,
    "p95_milliseconds": 80.0,
}
FAILING = FACTS | {"availability_percent": 91.0, "failures": 6}
PEOPLE = 100


def add_services(first: int, last: int) -> None:
    """Add the services of these numbers. Every fifth one is proven throughout; the others are worse and worse."""
    from apps.catalog.models import Environment, Service, Team

    teams = [Team.objects.get_or_create(name=f"Team {number}")[0] for number in range(20)]
    services = Service.objects.bulk_create(
        Service(
            slug=f"service-{number:03}", name=f"Service {number:03}", tier="ABC"[number % 3], owner=teams[number % 20]
        )
        for number in range(first, last)
    )  # fmt: skip
    environments = Environment.objects.bulk_create(
        Environment(service=service, name="production", is_default=True) for service in services
    )
    for number, environment in enumerate(environments, first):
        _add_roadmap(environment, teams[number % 20], number)
    _analyse()


def add_people() -> list[str]:
    """Editors who are signed in. Returns their session keys."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import Group

    from apps.accounts.models import User
    from apps.accounts.sessions import SessionStore

    keys = []
    for number in range(PEOPLE):
        person = User.objects.create(email=f"person-{number}@example.org", full_name=f"Person {number}", is_staff=True)
        person.groups.add(Group.objects.get(name="editor"))
        session = SessionStore()
        session[SESSION_KEY] = str(person.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
        session.create()
        keys.append(session.session_key)
    return keys


def _add_roadmap(environment, team, number: int) -> None:
    from apps.common.clock import now
    from apps.roadmap.models import Criterion, Milestone, Task

    service, today = environment.service, now().date()
    milestones = Milestone.objects.bulk_create(
        Milestone(
            service=service, position=place * 100, code=f"M{place}", title=f"Stage {place}",
            claim="done" if place < 3 else "todo",
            target_on=today + timedelta(days=30 * (place - 2) + number % 25),
        )
        for place in range(MILESTONES)
    )  # fmt: skip
    tasks = Task.objects.bulk_create(
        Task(
            service=service, milestone=milestones[place % MILESTONES], position=place + 1,
            text=f"Rehearse the restore of table {place} and write down how long it took",
            claim="done" if place % MILESTONES < 3 or place % 4 == 0 else "todo",
        )
        for place in range(TASKS)
    )  # fmt: skip
    criteria = Criterion.objects.bulk_create(
        Criterion(
            service=service, milestone=milestones[place * MILESTONES // CRITERIA], position=place + 1,
            text=f"Requests of kind {place} are answered for 99.9 % of the time over 30 days",
            claim="done" if number % 5 == 0 or place % 10 < 8 else "todo",
        )
        for place in range(CRITERIA)
    )  # fmt: skip
    for model, entries in ((Milestone, milestones), (Task, tasks), (Criterion, criteria)):
        owned = model.owners.through
        owned.objects.bulk_create(owned(**{model._meta.model_name: entry, "team": team}) for entry in entries)
        model.history.bulk_history_create(entries)
    _add_evidence(environment, criteria, number)


def _add_evidence(environment, criteria, number: int) -> None:
    """Most pass. Where not everything is proven, some fail, are stale, could not be seen, or are unbound."""
    from apps.common.clock import now
    from apps.evidence.models import ObservationRecord
    from apps.evidence.services import parameters_digest
    from apps.roadmap.models import Binding

    at, bindings, observations = now(), [], []
    for place, criterion in enumerate(criteria):
        kind = "passing" if number % 5 == 0 else _kind(place, number)
        if kind == "unbound":
            continue
        parameters = {"window_hours": place + 1}
        bindings.append(
            Binding(criterion=criterion, verifier_key=VERIFIER, parameters=parameters, state="accepted", decided_at=at)
        )
        if kind == "pending":
            continue
        seen_at = at - (timedelta(days=60) if kind == "stale" else timedelta(seconds=place))
        error = "The monitor was never asked." if kind == "error" else ""
        observations.append(
            ObservationRecord(
                environment=environment, verifier_key=VERIFIER, verifier_version="1.0.0", parameters=parameters,
                parameters_digest=parameters_digest(parameters), trust="produced", error=error,
                facts={} if error else FAILING if kind == "failing" else FACTS,
                summary="" if error else "99.95 % available in 60 checks", observed_at=seen_at, recorded_at=seen_at,
            )
        )  # fmt: skip
    Binding.objects.bulk_create(bindings)
    ObservationRecord.objects.bulk_create(observations)


def _kind(place: int, number: int) -> str:
    spread = (place * 7 + number * 3) % 30
    kinds = {0: "failing", 1: "stale", 2: "error", 3: "pending", 4: "unbound", 5: "unbound"}
    return kinds.get(spread, "passing")


def _analyse() -> None:
    """What autovacuum does elsewhere; a throwaway server has none."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
