"""What people decided about a gate, as plain values: signatures, overrides, the launch."""

from dataclasses import dataclass
from datetime import datetime

from apps.roadmap.engines.gate_rules import RequiredRole


@dataclass(frozen=True)
class Signature:
    """One person's word for one role. It counts while the digest that it signs is the present one."""

    role: str
    person: str
    approves: bool
    digest: str
    at: datetime
    comment: str = ""


@dataclass(frozen=True)
class RoleSignatures:
    """A required role, and who signed for it."""

    role: RequiredRole
    approvals: tuple[Signature, ...] = ()
    rejections: tuple[Signature, ...] = ()

    @property
    def is_rejected(self) -> bool:
        return bool(self.rejections)

    @property
    def is_signed(self) -> bool:
        return not self.rejections and len(self.approvals) >= self.role.needed

    @property
    def sentence(self) -> str:
        """How far the role is: `SRE: 0 of 1 signed.`"""
        if self.rejections:
            first = self.rejections[0]
            return f"{self.role.name}: rejected by {first.person}: {first.comment}"
        return f"{self.role.name}: {len(self.approvals)} of {self.role.needed} signed."


@dataclass(frozen=True)
class Override:
    """A no-go that a person overrode until an instant. It covers what blocked then, and nothing that came since."""

    role: str
    person: str
    reason: str
    at: datetime
    ends_at: datetime
    policy_version: str
    covers: frozenset[str] = frozenset()

    def holds(self, blocking: frozenset[str], policy_version: str) -> bool:
        """Whether it still covers everything that blocks, under the rules that allowed it."""
        return policy_version == self.policy_version and bool(blocking) and blocking <= self.covers


@dataclass(frozen=True)
class LaunchRecord:
    """When it went live, and what the gate said then."""

    at: datetime
    decision: str
    evaluation: int | None = None


@dataclass(frozen=True)
class Decided:
    """All that people decided about one gate, as far as it is in force."""

    signatures: tuple[Signature, ...] = ()
    overrides: tuple[Override, ...] = ()
    launch: LaunchRecord | None = None


def signatures_by_role(roles: tuple[RequiredRole, ...], decided: Decided, digest: str) -> tuple[RoleSignatures, ...]:
    """Each required role with the signatures that are about this digest."""
    valid = [each for each in decided.signatures if each.digest == digest]
    return tuple(
        RoleSignatures(
            role,
            approvals=tuple(each for each in valid if each.role == role.name and each.approves),
            rejections=tuple(each for each in valid if each.role == role.name and not each.approves),
        )
        for role in roles
    )
