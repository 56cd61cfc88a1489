"""A roadmap with one of everything that the pages can show, at a fixed distance from the present."""

from datetime import datetime, timedelta

from apps.catalog.models import Environment, Team
from apps.evidence import register
from apps.evidence.contract import Observation, Verifier
from apps.evidence.services import record_observation
from apps.roadmap.models import Binding, CostLine, Criterion, Milestone, Mitigation, Risk, Task, WorkItem


class Recovery(Verifier):
    """Evidence of a plug-in: how long a recovery took."""

    key = "voyage.recovery"
    title = "Recovery in a rehearsal"
    facts_schema = {"type": "object", "properties": {"seconds": {"type": "number"}}, "required": ["seconds"]}
    parameters_schema = {"type": "object", "properties": {"of": {"type": "string"}}}
    default_rule = {"fact": "seconds", "operator": "<=", "value": 3600}
    default_ttl = timedelta(hours=24)
    longest_ttl = timedelta(days=30)


def know_recovery() -> None:
    """Register the plug-in once in a process."""
    if Recovery.key not in register._verifiers:
        register.register(Recovery())


class Voyage:
    """Builds the rows of one service's roadmap."""

    def __init__(self, environment: Environment, *, now: datetime) -> None:
        know_recovery()
        self.environment, self.service, self.now, self.position = environment, environment.service, now, 0

    def milestone(self, code: str, title: str, claim: str, *, due_in_days: int, owner: str = "Platform") -> Milestone:
        milestone = Milestone.objects.create(
            **self._place(),
            code=code,
            title=title,
            claim=claim,
            target_on=(self.now + timedelta(days=due_in_days)).date(),
        )
        if owner:
            milestone.owners.add(Team.objects.get_or_create(name=owner)[0])
        return milestone

    def tasks(self, milestone: Milestone, *claims: str) -> None:
        for number, claim in enumerate(claims, 1):
            Task.objects.create(**self._place(), milestone=milestone, claim=claim, text=f"Step {number} of {milestone}")

    def criterion(self, milestone: Milestone | None, text: str, claim: str, **fields: object) -> Criterion:
        return Criterion.objects.create(**self._place(), milestone=milestone, text=text, claim=claim, **fields)

    def proof(self, criterion: Criterion, *, seconds: float, hours_ago: float) -> Binding:
        """Bind the criterion to the plug-in, and record what it saw then."""
        parameters = {"of": str(criterion.pk)}
        binding = Binding.objects.create(
            criterion=criterion, verifier_key=Recovery.key, parameters=parameters, state="accepted", decided_at=self.now
        )
        seen_at = self.now - timedelta(hours=hours_ago)
        observation = Observation(
            {"seconds": seconds}, seen_at, str(criterion), summary=f"Recovered in {seconds:g} s; 41 tables equal"
        )
        record_observation(
            environment=self.environment, key=Recovery.key, observation=observation, parameters=parameters, at=seen_at
        )
        return binding

    def risk(self, title: str, **fields: object) -> Risk:
        risk = Risk.objects.create(**self._place(), title=title, **fields)
        Mitigation.objects.create(risk=risk, text="Rehearse it every night")
        return risk

    def cost(self, label: str, **fields: object) -> CostLine:
        return CostLine.objects.create(**self._place(), label=label, **fields)

    def _place(self) -> dict[str, object]:
        self.position += 1
        return {"service": self.service, "position": self.position, "line": self.position}


def sail(environment: Environment, *, now: datetime) -> Voyage:
    """Seven milestones: proven, contradicted, decayed, unverified, failing, open and overdue."""
    voyage = Voyage(environment, now=now)
    foundations = voyage.milestone("M0", "Foundations", "in_progress", due_in_days=-59)
    voyage.tasks(foundations, "done", "done", "todo")
    voyage.proof(
        voyage.criterion(foundations, "A new machine is ready within an hour", "todo"), seconds=900, hours_ago=2
    )
    security = voyage.milestone("M1", "Security baseline", "done", due_in_days=-45, owner="Backend")
    voyage.tasks(security, "done", "todo", "todo")
    voyage.criterion(security, "No secret is left in the host's environment", "todo")
    data = voyage.milestone("M2", "Data and migrations", "done", due_in_days=-38, owner="Data")
    voyage.tasks(data, "done", "done")
    voyage.proof(
        voyage.criterion(data, "The newest backup restores within an hour", "done"), seconds=131, hours_ago=3.5
    )
    observability = voyage.milestone("M3", "Observability", "done", due_in_days=-30)
    voyage.proof(
        voyage.criterion(observability, "An alert reaches a person within 5 minutes", "done"), seconds=40, hours_ago=120
    )
    performance = voyage.milestone("M4", "Performance", "done", due_in_days=-16, owner="Backend")
    voyage.criterion(performance, "p95 stays below X ms at N req/s", "done", placeholders=["X ms", "N req/s"])
    releases = voyage.milestone("M5", "Releases", "done", due_in_days=-9)
    voyage.proof(
        voyage.criterion(releases, "A bad release is rolled back within an hour", "done"), seconds=4200, hours_ago=20
    )
    voyage.milestone("M6", "Go-live", "todo", due_in_days=20, owner="")
    item = WorkItem.objects.create(**voyage._place(), number="7", title="Load test")
    voyage.criterion(None, "Error rate below 0.1 %", "todo", work_item=item, kind="success_metric")
    voyage.criterion(None, "Uptime of 99.9 %", "todo", kind="success_metric")
    voyage.risk("The only region goes down", severity="high")
    voyage.cost("Error tracking", kind="paid", amount_minimum=26, amount_maximum=80, currency="USD", period="month")
    voyage.cost("Log storage", kind="saving", amount_minimum=12, amount_maximum=12, currency="USD", period="month")
    return voyage
