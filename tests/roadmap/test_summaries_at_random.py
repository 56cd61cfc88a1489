"""Whatever is written, by whom and in which order: a summary that counts as current says what a computation would."""

import random
from datetime import timedelta

import pytest
from django.db import connection

from apps.catalog.models import Team
from apps.catalog.services import ensure_service
from apps.common.clock import now
from apps.evidence.contract import Observation
from apps.evidence.services import record_observation
from apps.roadmap.models import (
    Binding,
    Criterion,
    Document,
    DocumentRevision,
    GatePolicy,
    Milestone,
    Mitigation,
    Risk,
    Task,
    Waiver,
)
from apps.roadmap.services.claims import set_claim
from apps.roadmap.services.importing import import_document
from apps.roadmap.services.summarising import bring_up_to_date
from tests.roadmap.evidence import bind
from tests.roadmap.second_connection import second_connection
from tests.roadmap.test_summaries import is_current, stored_is_fresh

pytestmark = pytest.mark.django_db(transaction=True)
STEPS = 8
ROADMAP = "# Road\n\n## M1 A\n- [{}] Owner: Core\n- Acceptance\n  - [ ] It recovers within {} minutes.\n"


class Crew:
    """Writes one thing after another to two services, through services, models and bare SQL."""

    def __init__(self, seed, people):
        self.random = random.Random(seed)  # noqa: S311  a seed that can be repeated
        self.at, (self.olga, self.sam) = now(), people
        self.services = [ensure_service(slug=slug) for slug in ("ark", "barge")]
        self.environments = [service.environments.get() for service in self.services]
        for service in self.services:
            milestone = Milestone.objects.create(service=service, code="M5", title="Go", target_on=self.at.date())
            for place in range(3):
                Criterion.objects.create(service=service, milestone=milestone, text=f"Good {place}", claim="done")

    def act(self):
        names = [name for name in dir(self) if name.startswith("do_")]
        getattr(self, self.random.choice(names))()

    def one(self, rows):
        found = list(rows.order_by("pk"))
        return self.random.choice(found) if found else None

    def do_claim(self):
        criterion = self.one(Criterion.objects.all())
        set_claim(entry=criterion, claim=self.random.choice(["todo", "done"]), expected=criterion.claim)

    def do_bind(self):
        parameters = {"database": str(self.random.randrange(10**6))}
        bind(self.one(Criterion.objects.all()), parameters=parameters)

    def do_decline(self):
        Binding.objects.filter(pk=getattr(self.one(Binding.objects.all()), "pk", 0)).update(state="declined")

    def do_observe(self):
        binding = self.one(Binding.objects.all())
        if binding:
            environment = binding.criterion.service.environments.get()
            seen_at = self.at + timedelta(seconds=self.random.randrange(-4000, 60))
            verdict, error = self.random.choice([("proven", ""), ("failed", ""), ("", "Nobody answered.")])
            record_observation(
                environment=environment,
                key="tests.recovery",
                observation=Observation({"verdict": verdict} if verdict else {}, seen_at, "orders", error=error),
                parameters=binding.parameters,
                at=self.at,
            )

    def do_waive(self):
        starts_at = self.at + timedelta(minutes=self.random.randrange(-5, 5))
        criterion = self.one(Criterion.objects.filter(waivers=None))
        if criterion:
            Waiver.objects.create(
                criterion=criterion, environment=criterion.service.environments.get(), reason="Later.",
                compensating_control="Watched.", reason_category="other", state="approved", requested_by=self.olga,
                decided_by=self.sam, decided_at=self.at, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=9),
            )  # fmt: skip

    def do_import(self):
        text = ROADMAP.format(self.random.choice(" x"), self.random.randrange(2, 9))
        import_document(service=self.services[0], name="road.md", raw=text.encode())

    def do_revise_by_hand(self):
        document = Document.objects.get_or_create(service=self.services[1], name="hand.md")[0]
        DocumentRevision.objects.create(
            document=document, raw=b"", sha256=f"{self.random.randrange(16**8):064x}", encoding="utf-8", newline="\n",
            has_final_newline=True, parser_version=1,
        )  # fmt: skip

    def do_risk(self):
        Risk.objects.create(service=self.random.choice(self.services), title="It burns", severity="critical")

    def do_mitigate(self):
        risk = self.one(Risk.objects.all())
        if risk:
            Mitigation.objects.create(risk=risk, text="Carry water")

    def do_policy(self):
        service = self.random.choice(self.services)
        GatePolicy.objects.create(
            service=service, number=GatePolicy.objects.count() + 1, comment="Calmer.", author=self.olga,
            open_critical_risk=self.random.choice(["ignore", "block"]), created_at=self.at,
        )  # fmt: skip

    def do_own(self):
        self.one(Milestone.objects.all()).owners.set([Team.objects.get_or_create(name="Core")[0]])

    def do_delete(self):
        Task.objects.filter(pk=getattr(self.one(Task.objects.all()), "pk", 0)).delete()

    def do_bare_sql(self):
        statement = self.random.choice(
            [
                "UPDATE roadmap_milestone SET target_on = target_on - 1",
                "UPDATE roadmap_milestone SET claim = 'done'",
                "UPDATE roadmap_criterion SET requirement = 'recommended' WHERE id % 3 = 0",
                "UPDATE roadmap_criterion SET orphaned_at = now() WHERE id % 7 = 0",
                "UPDATE catalog_team SET name = name || '!'",
                "INSERT INTO roadmap_milestone_owners (milestone_id, team_id)"
                " SELECT m.id, t.id FROM roadmap_milestone m, catalog_team t ON CONFLICT DO NOTHING",
                "DELETE FROM roadmap_mitigation",
                "UPDATE catalog_environment SET name = name || 'x' WHERE length(name) < 40",
            ]
        )
        with connection.cursor() as cursor:
            cursor.execute(statement)

    def do_wait(self):
        self.at += timedelta(minutes=self.random.choice([1, 7, 70, 60 * 24]))


# It locks nothing that the crew writes, and lets a risk no longer block.
MITIGATE = (
    "INSERT INTO roadmap_mitigation (risk_id, kind, text, position) SELECT id, 'control', 'Late', 0 FROM roadmap_risk"
)


@pytest.mark.parametrize("seed", range(4))
def test_a_current_summary_is_a_fresh_one(seed, olga, sam, recovery):
    crew = Crew(seed, (olga, sam))
    chance = crew.random
    with second_connection() as slow:
        for _ in range(STEPS):
            crew.act()
            if chance.random() < 0.4:
                slow.execute(MITIGATE)
            compare(crew)
            if chance.random() < 0.7:
                bring_up_to_date(crew.at)
                assert all(is_current(environment, crew.at) for environment in crew.environments)
            if chance.random() < 0.4:
                slow.commit()
                compare(crew)


def compare(crew):
    for environment in crew.environments:
        environment.refresh_from_db()
        if is_current(environment, crew.at):
            assert stored_is_fresh(environment, crew.at)
