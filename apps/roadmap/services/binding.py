"""Binding criteria to verifiers: suggestions by the machine, decisions by people."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.audit import services as audit
from apps.catalog.models import Environment
from apps.common.clock import now
from apps.common.exceptions import problems_in
from apps.evidence.contract import Parameters, Rule, Verifier
from apps.evidence.register import all_verifiers
from apps.roadmap.engines.suggesting import propose
from apps.roadmap.exceptions import BindingDecided, BindingRefused
from apps.roadmap.models import Binding, Criterion
from apps.roadmap.services.history import CREATED, remember, remember_all


@transaction.atomic
def suggest_bindings(*, criteria: Iterable[Criterion], actor: Any = None) -> list[Binding]:
    """Suggest verifiers for criteria from their words. What was suggested or decided before stays as it is."""
    criteria = list(criteria)
    verifiers = _applying_verifiers({criterion.service_id for criterion in criteria})
    known = Binding.objects.filter(criterion__in=criteria)
    seen = set(known.values_list("criterion_id", "verifier_key", "clause"))
    in_parts = {(criterion, key) for criterion, key, clause in seen if clause}
    bindings = [each for criterion in criteria for each in _proposed(criterion, verifiers[criterion.service_id])]
    new = [
        each
        for each in bindings
        if (each.criterion_id, each.verifier_key, each.clause) not in seen
        and (each.clause or (each.criterion_id, each.verifier_key) not in in_parts)
    ]
    if new:
        Binding.objects.bulk_create(new)
        remember_all(new, CREATED, actor=actor)
        details = {"bindings": [{"criterion": each.criterion_id, "verifier": each.verifier_key} for each in new]}
        audit.record(action="binding.suggested", subject=criteria[0].service, actor=actor, details=details)
    return new


@transaction.atomic
def bind(
    *,
    criterion: Criterion,
    verifier_key: str,
    clause: str = "",
    parameters: Parameters | None = None,
    rule: Rule | None = None,
    ttl: timedelta | None = None,
    actor: Any = None,
    at: datetime | None = None,
) -> Binding:
    """Bind the criterion, or one clause of it, to a verifier; it counts at once. Raises BindingRefused."""
    binding = Binding(
        criterion=criterion,
        verifier_key=verifier_key,
        clause=clause,
        parameters=dict(parameters or {}),
        rule=rule,
        ttl=ttl,
        state=Binding.State.ACCEPTED,
        decided_at=at or now(),
        decided_by=actor,
        decided_words=criterion.text,
    )
    check_binding(binding)
    binding.save(force_insert=True)
    audit.record(action="binding.accepted", subject=binding, actor=actor, details={"verifier": verifier_key})
    return binding


@transaction.atomic
def accept_binding(*, binding: Binding, actor: Any = None) -> Binding:
    """From here on the binding counts. Raises BindingRefused and BindingDecided."""
    check_binding(binding)
    return _decide(binding, Binding.State.ACCEPTED, actor)


@transaction.atomic
def confirm_binding(*, binding: Binding, actor: Any = None) -> Binding:
    """The check proves what the criterion says now, as it did before. Raises BindingRefused and BindingDecided."""
    check_binding(binding)
    if not binding.is_accepted or not binding.decide(Binding.State.ACCEPTED, at=now(), by=actor):
        raise BindingDecided(f"The binding to {binding.verifier_key} is not accepted any more.")
    remember(binding, actor=actor)
    details = {"words": binding.decided_words, "verifier": binding.verifier_key}
    audit.record(action="binding.confirmed", subject=binding, actor=actor, details=details)
    return binding


@transaction.atomic
def decline_binding(*, binding: Binding, actor: Any = None) -> Binding:
    """The binding does not count, and is not suggested again. Raises BindingDecided."""
    return _decide(binding, Binding.State.DECLINED, actor)


def _decide(binding: Binding, state: Binding.State, actor: Any) -> Binding:
    seen = binding.state
    if seen == state or not binding.decide(state, at=now(), by=actor):
        raise BindingDecided(f"The binding to {binding.verifier_key} is {binding.get_state_display().lower()} already.")
    remember(binding, actor=actor)
    details = {"from": seen, "verifier": binding.verifier_key}
    audit.record(action=f"binding.{state}", subject=binding, actor=actor, details=details)
    return binding


def _applying_verifiers(services: Collection[int]) -> dict[int, list[Verifier]]:
    verifiers: dict[int, list[Verifier]] = {service: [] for service in services}
    for environment in Environment.objects.filter(service__in=services, is_default=True).select_related("service"):
        verifiers[environment.service_id] = [each for each in all_verifiers() if each.applies_to(environment)]
    return verifiers


def _proposed(criterion: Criterion, verifiers: Sequence[Verifier]) -> list[Binding]:
    return [
        Binding(
            criterion=criterion,
            clause=proposal.clause,
            verifier_key=proposal.verifier_key,
            parameters=proposal.parameters,
            rule=proposal.rule,
        )
        for proposal in propose(criterion.text, verifiers, criterion.clauses)
    ]


def check_binding(binding: Binding) -> None:
    """Raise BindingRefused, naming the field, where it cannot be asked or judged like that."""
    try:
        binding.full_clean()
    except ValidationError as error:
        raise BindingRefused(problems_in(error)) from error
