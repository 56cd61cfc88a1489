"""Running the security checks on a schedule and on demand."""

from datetime import datetime

from django.db import transaction

from apps.audit import services as audit
from apps.catalog.models import Environment
from apps.catalog.selectors import own_environment
from apps.common.clock import Clock, now
from apps.common.runs import carry_out, reap
from apps.evidence.contract import Observation
from apps.evidence.services import record_observation
from apps.security.engines.deploy_checks import DeployReport, run_deploy_checks
from apps.security.exceptions import NoOwnService
from apps.security.models import SecurityCheckRun

DEPLOY_CHECKS = "security.deploy_checks"


def queue_nightly_check(*, at: datetime) -> SecurityCheckRun | None:
    """Add the run of the day, once. None when it is there, or when this installation is not in the catalog."""
    environment = own_environment()
    if environment is None:
        return None
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    run, is_new = SecurityCheckRun.objects.get_or_create(
        environment=environment, scheduled_for=day, defaults={"queued_at": at}
    )
    return run if is_new else None


@transaction.atomic
def queue_check(*, at: datetime, actor: object = None) -> SecurityCheckRun:
    """Add a run on demand. Raises NoOwnService when this installation is not in the catalog."""
    environment = own_environment()
    if environment is None:
        raise NoOwnService(
            "The catalog has no service for this installation. Add one whose slug is that of the setting OWN_SERVICE."
        )
    run = SecurityCheckRun.objects.create(environment=environment, queued_at=at)
    audit.record(action="securitycheck.queued", subject=run, actor=actor)
    return run


def carry_out_check(*, run: SecurityCheckRun, clock: Clock = now) -> None:
    """Run the checks, and keep the complaints and the observation."""

    def record(report: DeployReport) -> dict[str, object]:
        record_observation(
            environment=run.environment,
            key=DEPLOY_CHECKS,
            observation=observe(report, run.environment, at=clock()),
        )
        facts = report.facts
        return {"findings": report.messages, **{name: facts[name] for name in ("criticals", "errors", "warnings")}}

    carry_out(run, run_deploy_checks, record, clock=clock)


def reap_checks(*, at: datetime) -> int:
    """End the runs whose worker died."""
    return reap(SecurityCheckRun, at=at)


def observe(report: DeployReport, environment: Environment, *, at: datetime) -> Observation:
    """What a report says, as evidence."""
    facts = report.facts
    complaints = len(report.findings)
    summary = f"{complaints} complaints: {', '.join(facts['ids'])}." if complaints else "No complaint."
    return Observation(
        facts=facts, observed_at=at, subject=str(environment), summary=summary, source="/admin/security/"
    )
