"""The digests of an answer: the same inputs give the same ones, whenever and in whatever order they are asked."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from apps.roadmap.engines.gate_answer import Finding, GateLine, GateSubject
from apps.roadmap.engines.gate_rules import GateRules


def digest_of_decision(
    subject: GateSubject, lines: Iterable[GateLine], findings: Iterable[Finding], rules: GateRules
) -> str:
    """The digest that is signed: of everything the decision follows from, whatever the order."""
    return _hash(
        {
            "subject": {**asdict(subject), "documents": sorted(subject.documents)},
            "policy": asdict(rules),
            "criteria": sorted((_relevant(line) for line in lines), key=lambda values: values["id"]),
            "findings": sorted({finding.id for finding in findings if finding.blocks}),
        }
    )


def digest_of_inputs(decision_digest: str, lines: Iterable[GateLine]) -> str:
    """The digest of the decision and of each observation behind it."""
    seen = sorted((line.criterion.id, sorted(line.criterion.observations)) for line in lines)
    return _hash([decision_digest, seen])


def _relevant(line: GateLine) -> dict[str, Any]:
    values = dict(vars(line.criterion))
    del values["reason"], values["action"]  # sentences hold ages, which change while nothing else does
    del values["observations"]
    waiver = asdict(line.criterion.waiver) if line.criterion.waiver else None
    return {**values, "bindings": sorted(values["bindings"]), "waiver": waiver, "outcome": str(line.outcome)}


def _hash(values: Any) -> str:
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
