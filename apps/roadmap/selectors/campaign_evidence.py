"""What counts for campaigns: the services in their scope, and the checks that each service has for them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from apps.catalog.models import Environment, Service
from apps.evidence.contract import Parameters
from apps.evidence.register import UnknownVerifier, find_verifier
from apps.evidence.selectors import observed_parameters
from apps.roadmap.models import Binding, Campaign

Observed = Mapping[tuple[int, str], Sequence[Parameters]]


@dataclass
class Checks:
    """What could prove a campaign's demand of one service: its accepted checks; else whatever was observed."""

    service: Service
    environment: Environment | None
    accepted: list[Binding] = field(default_factory=list)
    suggested: list[Binding] = field(default_factory=list)
    observed: list[Binding] = field(default_factory=list)

    def at(self, instant: datetime) -> list[Binding]:
        """Those that counted at the instant."""
        return [each for each in self.accepted if each.decided_at and each.decided_at <= instant] or self.observed


def checks_of_each(campaigns: Sequence[Campaign]) -> dict[int, list[Checks]]:
    """By campaign, the checks of each service in its scope, in as many queries as for one campaign."""
    services = list(Service.objects.select_related("owner"))
    environments = {each.service_id: each for each in Environment.objects.filter(is_default=True)}
    found = {
        campaign.pk: [Checks(each, environments.get(each.pk)) for each in services if campaign.includes(each)]
        for campaign in campaigns
    }
    bindings, observed = _bindings_by_service(campaigns), _observed(campaigns, found)
    for campaign in campaigns:
        for checks in found[campaign.pk]:
            _fill(checks, campaign, bindings.get(checks.service.pk, ()), observed)
    return found


def _fill(checks: Checks, campaign: Campaign, bindings: Iterable[Binding], observed: Observed) -> None:
    for binding in bindings:
        if _is_asked(campaign, binding):
            (checks.accepted if binding.is_accepted else checks.suggested).append(_with_rule_of(campaign, binding))
    if checks.environment and not campaign.phrase:
        for parameters in observed.get((checks.environment.pk, campaign.verifier_key), ()):
            if _holds(parameters, campaign.parameters):
                stand_in = Binding(verifier_key=campaign.verifier_key, parameters=parameters, rule=campaign.rule)
                checks.observed.append(stand_in)


def _bindings_by_service(campaigns: Iterable[Campaign]) -> Mapping[int, list[Binding]]:
    wanted = Q(pk__in=[])
    for campaign in campaigns:
        wanted |= Q(criterion__text__icontains=campaign.phrase) & (
            Q(verifier_key=campaign.verifier_key) if campaign.verifier_key else Q()
        )
    bindings = Binding.objects.undeclined().filter(wanted, criterion__orphaned_at__isnull=True)
    found: dict[int, list[Binding]] = defaultdict(list)
    for binding in bindings.select_related("criterion").order_by("pk"):
        found[binding.criterion.service_id].append(binding)
    return found


def _observed(campaigns: Iterable[Campaign], checks: Mapping[int, Iterable[Checks]]) -> Observed:
    asked = {
        (each.environment.pk, campaign.verifier_key)
        for campaign in campaigns
        if not campaign.phrase
        for each in checks[campaign.pk]
        if each.environment
    }
    found: dict[tuple[int, str], list[Parameters]] = defaultdict(list)
    for record in observed_parameters(asked):
        found[record.environment_id, record.verifier_key].append(record.parameters)
    return found


def _is_asked(campaign: Campaign, binding: Binding) -> bool:
    """Whether the binding is one that the campaign asks for."""
    words = binding.clause or binding.criterion.text
    return (
        campaign.verifier_key in {"", binding.verifier_key}
        and campaign.phrase.lower() in words.lower()
        and _holds(binding.parameters, campaign.parameters)
    )


def _holds(parameters: Parameters, wanted: Parameters) -> bool:
    return all(name in parameters and parameters[name] == value for name, value in wanted.items())


def _with_rule_of(campaign: Campaign, binding: Binding) -> Binding:
    """The binding, judged by what its criterion asks and by what the campaign asks."""
    if not campaign.rule:
        return binding
    try:
        own = binding.rule or find_verifier(binding.verifier_key).default_rule
    except UnknownVerifier:
        return binding  # no app knows it any more, and whoever reads it is told
    return Binding(
        pk=binding.pk,
        criterion=binding.criterion,
        clause=binding.clause,
        verifier_key=binding.verifier_key,
        parameters=binding.parameters,
        rule={"all": [own, campaign.rule]},
        ttl=binding.ttl,
        state=binding.state,
        decided_at=binding.decided_at,
    )
