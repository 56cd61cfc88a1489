"""Waivers: asked for by one person, granted by another, ended by the clock."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from apps.accounts.selectors import people_who_may
from apps.accounts.services import notify
from apps.audit import services as audit
from apps.catalog.models import Environment
from apps.common.addresses import change_address
from apps.common.clock import now
from apps.common.wording import instant_in_words
from apps.roadmap.engines.waivers import find_problem
from apps.roadmap.exceptions import WaiverDecided, WaiverRefused
from apps.roadmap.models import Criterion, Waiver

APPROVE = "roadmap.approve_waiver"


@transaction.atomic
def request_waiver(
    *,
    criterion: Criterion,
    environment: Environment,
    reason_category: str,
    reason: str,
    compensating_control: str,
    ends_at: datetime,
    actor: Any,
    starts_at: datetime | None = None,
    at: datetime | None = None,
) -> Waiver:
    """Ask that the criterion need not be proven in the environment until an instant. Raises WaiverRefused."""
    at = at or now()
    waiver = Waiver(
        criterion=criterion,
        environment=environment,
        reason_category=reason_category,
        reason=reason.strip(),
        compensating_control=compensating_control.strip(),
        starts_at=starts_at or at,
        ends_at=ends_at,
        requested_by=actor,
        requested_at=at,
    )
    _check_words(waiver)
    if waiver.starts_at < at:
        raise WaiverRefused("starts_at: a waiver does not reach into the past.")
    _check_rules(waiver, at)
    try:
        with transaction.atomic():
            waiver.save(force_insert=True)
    except IntegrityError as error:
        raise WaiverRefused("A request for this criterion and environment waits for a decision already.") from error
    _tell_approvers(waiver, at)
    _record(waiver, "requested", actor, reason_category=reason_category)
    return waiver


@transaction.atomic
def approve_waiver(*, waiver: Waiver, actor: Any, comment: str = "", at: datetime | None = None) -> Waiver:
    """From its start to its end the criterion is waived. Raises WaiverRefused and WaiverDecided."""
    at = at or now()
    if actor == waiver.requested_by:
        raise WaiverRefused("You asked for this waiver, so somebody else has to approve it.")
    _check_rules(waiver, at)
    try:
        with transaction.atomic():
            _decide(waiver, Waiver.State.APPROVED, actor, comment, at)
    except IntegrityError as error:
        raise WaiverRefused("Another waiver of this criterion covers part of that time already.") from error
    _tell_requester(waiver, f"is approved until {instant_in_words(waiver.ends_at)}", comment, at)
    _record(waiver, "approved", actor, comment=comment)
    return waiver


@transaction.atomic
def deny_waiver(*, waiver: Waiver, actor: Any, comment: str, at: datetime | None = None) -> Waiver:
    """Refuse the request; whoever made it takes it back. Raises WaiverRefused and WaiverDecided."""
    at = at or now()
    _require(comment, "comment: say why it is denied.")
    _decide(waiver, Waiver.State.DENIED, actor, comment, at)
    if actor != waiver.requested_by:
        _tell_requester(waiver, "is denied", comment, at)
    _record(waiver, "denied", actor, comment=comment)
    return waiver


@transaction.atomic
def revoke_waiver(*, waiver: Waiver, actor: Any, comment: str, at: datetime | None = None) -> Waiver:
    """End the waiver now. Raises WaiverRefused and WaiverDecided."""
    at = at or now()
    _require(comment, "comment: say why it is revoked.")
    if not waiver.revoke(at=at, by=actor, comment=comment.strip()):
        raise WaiverDecided(f"The waiver is {waiver.phase(at)}, so there is nothing to revoke.")
    _tell_requester(waiver, "is revoked", comment, at)
    _record(waiver, "revoked", actor, comment=comment)
    return waiver


def _check_words(waiver: Waiver) -> None:
    _require(waiver.reason, "reason: say why it cannot be proven in time.")
    _require(waiver.compensating_control, "compensating_control: say what protects production until it is proven.")
    if waiver.reason_category not in Waiver.ReasonCategory.values:
        known = ", ".join(Waiver.ReasonCategory.values)
        raise WaiverRefused(f"reason_category: there is no {waiver.reason_category!r}. There are: {known}.")


def _require(words: str, otherwise: str) -> None:
    if not words.strip():
        raise WaiverRefused(otherwise)


def _check_rules(waiver: Waiver, at: datetime) -> None:
    criterion, environment = waiver.criterion, waiver.environment
    if environment.service_id != criterion.service_id:
        raise WaiverRefused(f"environment: {environment} is not of the service {criterion.service.slug!r}.")
    if criterion.orphaned_at:
        raise WaiverRefused("The criterion has vanished from its document, so it blocks nothing.")
    if not criterion.is_waivable:
        raise WaiverRefused("This criterion may not be waived: it has to be proven.")
    tier = criterion.service.tier
    problem = find_problem(starts_at=waiver.starts_at, ends_at=waiver.ends_at, tier=tier, at=at)
    if problem:
        raise WaiverRefused(problem)
    _check_overlap(waiver)


def _check_overlap(waiver: Waiver) -> None:
    same = Waiver.objects.approved().filter(criterion=waiver.criterion, environment=waiver.environment)
    others = same.filter(starts_at__lt=waiver.ends_at, ends_at__gt=waiver.starts_at).exclude(pk=waiver.pk)
    other = others.order_by("ends_at").last()
    if other:
        until = instant_in_words(other.ends_at)
        raise WaiverRefused(f"starts_at: it is waived until {until} already; let the new waiver begin then.")


def _decide(waiver: Waiver, state: str, actor: Any, comment: str, at: datetime) -> None:
    if not waiver.decide(state, at=at, by=actor, comment=comment.strip()):
        decided = waiver.get_state_display().lower()
        raise WaiverDecided(f"The waiver is {decided} already, by {waiver.decided_by}.")


def _tell_approvers(waiver: Waiver, at: datetime) -> None:
    notify(
        recipients=people_who_may(APPROVE).exclude(pk=waiver.requested_by_id),
        key=f"waiver:{waiver.pk}:requested",
        subject=f"{waiver.requested_by} asks for a waiver: {waiver.criterion}",
        text=f"{waiver.environment}, until {instant_in_words(waiver.ends_at)}. {waiver.reason}",
        path=change_address(waiver),
        at=at,
    )


def _tell_requester(waiver: Waiver, says: str, comment: str, at: datetime) -> None:
    notify(
        recipients=[waiver.requested_by],
        key=f"waiver:{waiver.pk}:{waiver.state}",
        subject=f"Your waiver {says}: {waiver.criterion}",
        text=comment,
        path=change_address(waiver),
        at=at,
    )


def _record(waiver: Waiver, event: str, actor: Any, **details: Any) -> None:
    details |= {"criterion": waiver.criterion_id, "environment": str(waiver.environment)}
    details |= {"starts_at": waiver.starts_at, "ends_at": waiver.ends_at}
    audit.record(action=f"waiver.{event}", subject=waiver, actor=actor, details=details)
