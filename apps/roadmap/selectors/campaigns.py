"""How far campaigns are: each service's evidence, judged when it is read. Nothing of it is stored."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.catalog.models import Environment, Service
from apps.evidence.freshness import WORST_FIRST, EvidenceState
from apps.evidence.selectors import Key, Newest, newest_observations_at_each
from apps.roadmap.engines.campaigns import CampaignPhase, explain_service, look_backs
from apps.roadmap.engines.wording import Circumstances
from apps.roadmap.models import Binding, Campaign
from apps.roadmap.selectors.binding_evidence import evidence_of, key_of
from apps.roadmap.selectors.campaign_evidence import Checks, checks_of_each
from apps.roadmap.selectors.statuses import BindingEvidence


@dataclass(frozen=True)
class ServiceProgress:
    """What a campaign asks of one service, as it stands. The best of its checks speaks for it."""

    service: Service
    environment: Environment | None
    state: EvidenceState
    evidence: BindingEvidence | None
    suggestion: Binding | None
    reason: str
    action: str

    @property
    def is_satisfied(self) -> bool:
        """Its evidence passes."""
        return self.state is EvidenceState.PASSING


@dataclass(frozen=True)
class CampaignProgress:
    """A campaign at an instant, its services the worst first."""

    campaign: Campaign
    at: datetime
    services: tuple[ServiceProgress, ...]
    phase: CampaignPhase

    @property
    def outcome(self) -> str:
        """In one word: reached; else whether it runs, is to come, or has ended short of its target."""
        return "reached" if self.is_reached else str(self.phase)

    @property
    def total(self) -> int:
        """How many services are in its scope."""
        return len(self.services)

    @property
    def satisfied(self) -> int:
        """How many of them have what it asks for."""
        return sum(each.is_satisfied for each in self.services)

    @property
    def missing(self) -> tuple[ServiceProgress, ...]:
        """The others, the worst first."""
        return tuple(each for each in self.services if not each.is_satisfied)

    @property
    def is_reached(self) -> bool:
        """Every service has it, and there is one."""
        return bool(self.services) and not self.missing

    @property
    def states(self) -> dict[str, int]:
        """How many services have each state of evidence, the worst first."""
        counts = Counter(each.state for each in self.services)
        return {str(state): counts[state] for state in WORST_FIRST if counts[state]}

    @property
    def shortfalls(self) -> dict[str, int]:
        """The same of those that do not have it."""
        return {state: count for state, count in self.states.items() if state != EvidenceState.PASSING}


@dataclass(frozen=True)
class LookBack:
    """How many services had it at an instant, of those in scope today."""

    at: datetime
    satisfied: int


@dataclass(frozen=True)
class CampaignStory:
    """A campaign now, and how it came there."""

    progress: CampaignProgress
    weeks: tuple[LookBack, ...]


def progress_of_each(campaigns: Sequence[Campaign], *, at: datetime) -> list[CampaignProgress]:
    """Each campaign at the instant, or at its end if that came before, in as many queries as for one.

    Ask for campaigns `with_scope`.
    """
    checks = checks_of_each(campaigns)
    moments = sorted({campaign.read_at(at) for campaign in campaigns})
    newest = _newest([each for found in checks.values() for each in found], moments)
    return [_progress(each, checks[each.pk], newest[each.read_at(at)], at) for each in campaigns]


def story_of(campaign: Campaign, *, at: datetime) -> CampaignStory:
    """The campaign at the instant or its end, and week by week before it."""
    checks, until = checks_of_each([campaign])[campaign.pk], campaign.read_at(at)
    instants = look_backs(campaign.starts_on, until)
    newest = _newest(checks, instants)
    weeks = tuple(LookBack(each, sum(_has_it(one, newest[each], each) for one in checks)) for each in instants)
    return CampaignStory(_progress(campaign, checks, newest[until], at), weeks)


def _newest(checks: Sequence[Checks], instants: Sequence[datetime]) -> dict[datetime, Newest]:
    """What was known at each instant of whatever counts at one of them."""
    keys: set[Key] = {
        key_of(binding, each.environment)
        for each in checks
        if each.environment
        for binding in (*each.accepted, *each.observed)
    }
    return dict(zip(instants, newest_observations_at_each(keys, instants), strict=True))


def _has_it(checks: Checks, newest: Newest, at: datetime) -> bool:
    best = _best(checks, newest, at)
    return best is not None and best.state is EvidenceState.PASSING


def _best(checks: Checks, newest: Newest, at: datetime) -> BindingEvidence | None:
    """The evidence that speaks for the service: the best, and of the best that which holds longest."""
    environment = checks.environment
    if environment is None:
        return None
    found = [evidence_of(binding, key_of(binding, environment), newest, at) for binding in checks.at(at)]
    return max(found, key=lambda each: (WORST_FIRST.index(each.state), each.expires_at or at), default=None)


def _progress(campaign: Campaign, checks: Sequence[Checks], newest: Newest, at: datetime) -> CampaignProgress:
    read_at = campaign.read_at(at)
    services = [_service_progress(campaign, each, newest, read_at) for each in checks]
    services.sort(key=lambda each: (WORST_FIRST.index(each.state), each.service.tier, each.service.name))
    return CampaignProgress(campaign, read_at, tuple(services), campaign.phase(at))


def _service_progress(campaign: Campaign, checks: Checks, newest: Newest, at: datetime) -> ServiceProgress:
    best = _best(checks, newest, at)
    state = best.state if best else EvidenceState.UNBOUND
    told = explain_service(
        state, _circumstances(checks, best, at), asked=campaign.to_bind, has_environment=checks.environment is not None
    )
    return ServiceProgress(
        service=checks.service,
        environment=checks.environment,
        state=state,
        evidence=best,
        suggestion=None if best or not checks.suggested else checks.suggested[0],
        reason=told.reason,
        action=told.action,
    )


def _circumstances(checks: Checks, best: BindingEvidence | None, at: datetime) -> Circumstances:
    suggested = [each.verifier_key for each in checks.suggested]
    if best is None:
        return Circumstances(suggested=suggested)
    return Circumstances(
        checks=[best.verifier_key],
        reasons=best.reasons,
        suggested=suggested,
        summaries=[best.summary] if best.summary else (),
        expired_for=at - best.expires_at if best.expires_at else None,
    )
