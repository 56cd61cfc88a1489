"""What the worker does for the roadmap."""

from celery import shared_task

from apps.catalog.models import Environment
from apps.roadmap.selectors.collecting import environments_with_bindings, environments_with_criteria
from apps.roadmap.selectors.decisions import launched_questions
from apps.roadmap.services import collecting
from apps.roadmap.services.attestation_notices import announce_attestations as announce
from apps.roadmap.services.campaign_reminders import remind_of_campaigns
from apps.roadmap.services.drafts import forget_old_drafts as forget
from apps.roadmap.services.summarising import bring_up_to_date
from apps.roadmap.services.transitions import note_transitions
from apps.roadmap.services.waiver_notices import announce_ends
from apps.roadmap.services.watching import watch_gate

_TICK_SECONDS = 60
_ENVIRONMENTS_AT_ONCE = 20


@shared_task
def tick() -> None:
    """Beat's tick: one task for each environment, so that a slow one holds up no other."""
    for environment_id in environments_with_bindings():
        # Behind by a whole tick, it would only repeat what the next one does.
        collect_due_evidence.apply_async((environment_id,), expires=_TICK_SECONDS)


@shared_task
def collect_due_evidence(environment_id: int) -> None:
    """Collect what grows old. Safe to deliver twice: what was just collected is not due."""
    environment = _environment(environment_id)
    if collecting.collect_due_evidence(environment=environment):
        note_transitions(environments=[environment])


@shared_task
def collect_all_evidence(environment_id: int) -> None:
    """Collect everything, because a person asked. Safe to deliver twice: observations only add."""
    collecting.collect_all_evidence(environment=_environment(environment_id))


@shared_task
def warm_summaries() -> None:
    """Compute what changed since somebody last looked, so that the next one need not wait. Nothing depends on it."""
    bring_up_to_date()


@shared_task
def forget_old_drafts() -> None:
    """Delete the texts that nobody decided about in time."""
    forget()


@shared_task
def announce_waivers() -> None:
    """Beat's tick: tell people of waivers that end. Safe to deliver twice: each hears of an end once."""
    announce_ends()


@shared_task
def announce_attestations() -> None:
    """Beat's tick: tell people of attestations that run out. Safe to deliver twice: each hears of it once."""
    announce()


@shared_task
def remind_campaigns() -> None:
    """Beat's tick: tell people what campaigns lack of theirs. Safe to deliver twice: each hears once in a week."""
    remind_of_campaigns()


@shared_task
def tick_gates() -> None:
    """Beat's tick: one task for each gate of what went live."""
    for environment, milestone in launched_questions():
        watch_launched_gate.apply_async((environment.pk, milestone), expires=_TICK_SECONDS)


@shared_task
def watch_launched_gate(environment_id: int, milestone: str) -> None:
    """Tell the owners of another answer. Safe to deliver twice: it is told once."""
    watch_gate(environment=_environment(environment_id), milestone=milestone)


@shared_task
def note_status_transitions() -> None:
    """Beat's tick: note what stands otherwise. Safe to deliver twice: what was noted is not noted again."""
    numbers = environments_with_criteria()
    for start in range(0, len(numbers), _ENVIRONMENTS_AT_ONCE):
        chunk = numbers[start : start + _ENVIRONMENTS_AT_ONCE]
        note_transitions(environments=list(Environment.objects.select_related("service").filter(pk__in=chunk)))


def _environment(environment_id: int) -> Environment:
    return Environment.objects.select_related("service").get(pk=environment_id)
