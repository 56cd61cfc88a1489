"""The rules of a gate as plain values: what is required, what blocks, and who has to sign."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Weight(StrEnum):
    """What a concern does to the answer."""

    IGNORE = "ignore"
    WARN = "warn"
    BLOCK = "block"


class ConcernKind(StrEnum):
    """What a policy can weigh beside the criteria themselves."""

    OPEN_CRITICAL_RISK = "open_critical_risk"
    PLACEHOLDER = "placeholder"
    OWNER_MISSING = "owner_missing"
    IMPORT_CONFLICT = "import_conflict"
    OVERDUE = "overdue"
    WEAK_TRUST = "weak_trust"


BUILT_IN_WEIGHTS: Mapping[ConcernKind, Weight] = {
    ConcernKind.OPEN_CRITICAL_RISK: Weight.BLOCK,
    ConcernKind.PLACEHOLDER: Weight.WARN,
    ConcernKind.OWNER_MISSING: Weight.WARN,
    ConcernKind.IMPORT_CONFLICT: Weight.BLOCK,
    ConcernKind.OVERDUE: Weight.WARN,
    ConcernKind.WEAK_TRUST: Weight.WARN,
}


@dataclass(frozen=True)
class RequiredRole:
    """A role that has to sign, how many of it, and the group or team whose members may."""

    name: str
    needed: int = 1
    signers: str = ""
    may_override: bool = False


@dataclass(frozen=True)
class GateRules:
    """One version of the rules. Whoever signs, signs under it."""

    version: str = "built-in"
    met_without_claim_passes: bool = False
    weights: Mapping[ConcernKind, Weight] = field(default_factory=lambda: dict(BUILT_IN_WEIGHTS))
    minimum_trust: str = ""
    requirement_by_kind: Mapping[str, str] = field(default_factory=dict)
    requirement_by_milestone: Mapping[str, str] = field(default_factory=dict)
    roles: tuple[RequiredRole, ...] = ()

    def requirement_of(self, *, kind: str, milestone: str, own: str) -> str:
        """How much a criterion is required: what is said of its milestone, else of its kind, else of itself."""
        name = milestone.casefold()
        for asked, requirement in self.requirement_by_milestone.items():
            if name == asked.casefold() or name.startswith(f"{asked.casefold()} "):
                return requirement
        return self.requirement_by_kind.get(kind, own)

    def weight_of(self, kind: ConcernKind) -> Weight:
        return self.weights.get(kind, Weight.WARN)

    @property
    def signing_roles(self) -> tuple[RequiredRole, ...]:
        """The roles without whose signatures nothing goes."""
        return tuple(role for role in self.roles if role.needed)
