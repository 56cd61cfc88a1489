"""Everything on the page of an environment's gate."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from apps.catalog.models import Environment
from apps.roadmap.engines.gate_answer import Decision, GateAnswer
from apps.roadmap.models import GateEvaluation, GatePolicy, PolicyRole, PublicBadge, SignOff
from apps.roadmap.selectors.decisions import evaluations_of, sign_offs_of
from apps.roadmap.selectors.gate import gate
from apps.roadmap.selectors.policies import policy_of

_SHOWN = 20


class SignOffState(StrEnum):
    """What a sign-off is worth now."""

    VALID = "valid"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


@dataclass(frozen=True)
class SignOffRow:
    """A sign-off, and what it is worth now."""

    sign_off: SignOff
    state: SignOffState


@dataclass(frozen=True)
class GatePage:
    """The answer, who signed and who is missing, what was kept, and what this person may do."""

    environment: Environment
    answer: GateAnswer
    policy: GatePolicy | None
    sign_offs: tuple[SignOffRow, ...]
    evaluations: tuple[GateEvaluation, ...]
    own_roles: tuple[PolicyRole, ...]
    badge: PublicBadge | None
    person_id: int
    at: datetime

    @property
    def signable(self) -> tuple[PolicyRole, ...]:
        """The roles that this person may sign for, and has not signed for as things stand."""
        signed = {
            row.sign_off.role
            for row in self.sign_offs
            if row.sign_off.person_id == self.person_id and row.state is not SignOffState.SUPERSEDED
        }
        return tuple(role for role in self.own_roles if role.needed and role.name not in signed)

    @property
    def may_approve(self) -> bool:
        return self.answer.unsigned_decision in {Decision.GO, Decision.GO_WITH_WAIVERS}

    @property
    def overriding(self) -> tuple[PolicyRole, ...]:
        """The roles as which this person may override the present no-go."""
        is_no = self.answer.decision is Decision.NO_GO
        return tuple(role for role in self.own_roles if role.may_override and is_no)

    @property
    def previous(self) -> GateEvaluation | None:
        """The newest snapshot, to compare with."""
        return self.evaluations[0] if self.evaluations else None


def state_of(sign_off: SignOff, digest: str) -> SignOffState:
    """What the sign-off is worth while the gate's decision digest is this one."""
    if sign_off.decision_digest != digest:
        return SignOffState.SUPERSEDED
    return SignOffState.REJECTED if sign_off.word == SignOff.Word.REJECT else SignOffState.VALID


def gate_page(*, environment: Environment, milestone: str, person: Any, at: datetime) -> GatePage:
    """The page as the person sees it. Raises UnknownMilestone."""
    answer = gate(environment=environment, milestone=milestone, at=at)
    policy, asked = policy_of(environment, at), answer.subject.milestone
    roles = policy.roles.all() if policy else ()
    return GatePage(
        environment=environment,
        answer=answer,
        policy=policy,
        sign_offs=tuple(
            SignOffRow(each, state_of(each, answer.decision_digest))
            for each in sign_offs_of(environment, asked)[:_SHOWN]
        ),
        evaluations=tuple(evaluations_of(environment, asked)[:_SHOWN]),
        own_roles=tuple(role for role in roles if role.has_member(person)),
        badge=PublicBadge.objects.filter(environment=environment).first(),
        person_id=person.pk,
        at=at,
    )
