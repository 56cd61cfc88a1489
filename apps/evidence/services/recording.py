"""Writing observations."""

import hashlib
import json
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction

from apps.catalog.models import Environment
from apps.common.clock import now as present
from apps.common.runs import UNEXPECTED_ERROR
from apps.evidence.contract import (
    CLOCK_SKEW,
    CannotObserve,
    Context,
    NothingYet,
    Observation,
    Parameters,
    Trust,
    Verifier,
)
from apps.evidence.exceptions import EvidenceRefused
from apps.evidence.models import ObservationRecord
from apps.evidence.register import find_verifier

logger = structlog.get_logger(__name__)


def parameters_digest(parameters: Parameters) -> str:
    """One value for one set of parameters, in any order of keys."""
    return hashlib.sha256(json.dumps(parameters, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def record_observation(
    *,
    environment: Environment,
    key: str,
    observation: Observation,
    parameters: Parameters | None = None,
    trust: Trust | None = None,
    at: datetime | None = None,
) -> ObservationRecord:
    """Append the observation, once: the same observation again returns the first record. Raises EvidenceRefused.

    The trust is the verifier's own unless another is named.
    """
    verifier, parameters, recorded_at = find_verifier(key), dict(parameters or {}), at or present()
    _check(verifier, observation, parameters, recorded_at)
    facts = {} if observation.error else dict(observation.facts)
    record, _ = ObservationRecord.objects.get_or_create(
        environment=environment,
        verifier_key=key,
        parameters_digest=parameters_digest(parameters),
        observed_at=observation.observed_at,
        subject=observation.subject[:200],
        error=observation.error,
        defaults={
            "verifier_version": verifier.version,
            "parameters": parameters,
            "facts": facts,
            "summary": (observation.summary or (verifier.summarise(facts) if facts else ""))[:500],
            "source": observation.source,
            "trust": trust or verifier.trust,
            "recorded_at": recorded_at,
        },
    )
    return record


def collect(
    *, environment: Environment, key: str, parameters: Parameters | None = None, at: datetime | None = None
) -> ObservationRecord | None:
    """Let the verifier look, and append what it saw, or why it could not. None: there is nothing to see yet."""
    at, parameters = at or present(), dict(parameters or {})
    try:
        with transaction.atomic():
            observation = find_verifier(key).collect(Context(environment=environment, now=at), parameters)
            return record_observation(
                environment=environment, key=key, observation=observation, parameters=parameters, at=at
            )
    except NothingYet:
        return None
    except (CannotObserve, EvidenceRefused) as error:
        message = error.message
    except Exception:
        logger.exception("verifier_errored", verifier=key, environment=str(environment))
        message = UNEXPECTED_ERROR
    failed = Observation(facts={}, observed_at=at, subject=str(environment), error=message)
    return record_observation(environment=environment, key=key, observation=failed, parameters=parameters, at=at)


def _check(verifier: Verifier, observation: Observation, parameters: dict[str, Any], at: datetime) -> None:
    if observation.observed_at > at + CLOCK_SKEW:
        raise EvidenceRefused(f"{verifier.key}: observed_at lies in the future; check the clock of what sent it.")
    if not observation.error:  # an error may be about those very parameters
        _check_schema(verifier, "parameters", parameters, verifier.parameters_schema)
        _check_schema(verifier, "facts", dict(observation.facts), verifier.facts_schema)


def _check_schema(verifier: Verifier, what: str, value: Any, schema: Any) -> None:
    from jsonschema import Draft202012Validator  # late: who only reads evidence validates nothing
    from jsonschema.exceptions import best_match

    # Not jsonschema.validate: it checks the schema too, each time, which costs more than all the rest.
    error = best_match(Draft202012Validator(schema).iter_errors(value))
    if error is not None:
        place = ".".join(str(part) for part in [what, *error.absolute_path])
        raise EvidenceRefused(f"{verifier.key}: {place}: {error.message}")
