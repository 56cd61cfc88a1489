"""What a policy may weigh beside the criteria: flags, open risks, and how far the evidence is trusted."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from django.db import connection

from apps.evidence.contract import Trust
from apps.roadmap.engines.gate_answer import Concern
from apps.roadmap.engines.gate_rules import ConcernKind, GateRules
from apps.roadmap.engines.wording import quote
from apps.roadmap.models import Risk
from apps.roadmap.selectors.statuses import CriterionStatus, Flag, FlagKind

_OF_FLAGS = {
    FlagKind.CONFLICT: ConcernKind.IMPORT_CONFLICT,
    FlagKind.PLACEHOLDER: ConcernKind.PLACEHOLDER,
    FlagKind.OWNER_MISSING: ConcernKind.OWNER_MISSING,
    FlagKind.OVERDUE: ConcernKind.OVERDUE,
}
# Plain SQL: mostly there are none, and Django would take ten times as long to write the question.
_UNMITIGATED = """
SELECT risk.id, risk.service_id, risk.title FROM roadmap_risk AS risk
WHERE risk.service_id = ANY(%s) AND risk.severity = %s AND risk.status = %s AND risk.orphaned_at IS NULL
  AND NOT EXISTS (SELECT FROM roadmap_mitigation AS mitigation WHERE mitigation.risk_id = risk.id)
ORDER BY risk.id
"""
_STRONGEST_FIRST = tuple(Trust.values)


def unmitigated_risks(services: Collection[int], at: datetime) -> Mapping[int, list[Concern]]:
    """The open critical risks of each service that nothing is done about."""
    found: dict[int, list[Concern]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_UNMITIGATED, [list(services), Risk.Severity.CRITICAL.value, Risk.Status.OPEN.value])
        for key, service, title in cursor.fetchall():
            sentence = f"The critical risk {quote(title)} is open, and nothing is done about it."
            action = "Write what mitigates it, or accept it."
            found[service].append(Concern(ConcernKind.OPEN_CRITICAL_RISK, f"risk:{key}", sentence, action))
    return found


def concern_of(flag: Flag) -> Concern | None:
    """The flag as something to weigh; None for one that only informs."""
    kind = _OF_FLAGS.get(flag.kind)
    return Concern(kind, _about(flag), flag.sentence, flag.action) if kind else None


def weak_trust(criteria: Collection[CriterionStatus], rules: GateRules) -> Iterator[Concern]:
    """The criteria whose proof is trusted less than the policy asks."""
    if not rules.minimum_trust:
        return
    least = _STRONGEST_FIRST.index(rules.minimum_trust)
    for status in criteria:
        weak = [each for each in status.bindings if each.trust and _STRONGEST_FIRST.index(each.trust) > least]
        if weak and status.is_proven:
            words = (
                f"{Trust(weak[0].trust).label.lower()}; the policy asks for {Trust(rules.minimum_trust).label.lower()}"
            )
            sentence = f"{quote(status.criterion.text)} rests on evidence {words}."
            about = f"criterion:{status.criterion.pk}"
            yield Concern(ConcernKind.WEAK_TRUST, about, sentence, "Bind it to a check of more trust.")


def _about(flag: Flag) -> str:
    subject = flag.conflict or flag.criterion or flag.milestone
    return f"{subject._meta.model_name}:{subject.pk}" if subject else ""
