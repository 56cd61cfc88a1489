"""Everything on the page of a service's pictures."""

from dataclasses import dataclass
from datetime import datetime

from apps.catalog.models import Environment
from apps.dashboards.selectors.pictures.burn_up import USUAL_DAYS, BurnUpPicture, burn_up_picture
from apps.dashboards.selectors.pictures.costs import CostsPicture, costs_picture
from apps.dashboards.selectors.pictures.owners import OwnersPicture, owners_picture
from apps.dashboards.selectors.pictures.risks import RisksPicture, risks_picture
from apps.dashboards.selectors.pictures.timeline import TimelinePicture, timeline_picture
from apps.roadmap.selectors.readiness import readiness
from apps.roadmap.selectors.statuses import Readiness


@dataclass(frozen=True)
class PicturesPage:
    """The pictures, in the order of reading."""

    readiness: Readiness
    environments: tuple[Environment, ...]
    days: int
    timeline: TimelinePicture
    burn_up: BurnUpPicture
    owners: OwnersPicture
    risks: RisksPicture
    costs: CostsPicture


def pictures_page(*, environment: Environment, at: datetime, days: int = USUAL_DAYS) -> PicturesPage:
    """The pictures of the environment's service, in a number of queries that does not grow with the roadmap."""
    known = readiness(environment=environment, at=at)
    return PicturesPage(
        readiness=known,
        environments=tuple(environment.service.environments.all()),
        days=days,
        timeline=timeline_picture(known),
        burn_up=burn_up_picture(known, days=days),
        owners=owners_picture(known),
        risks=risks_picture(environment.service),
        costs=costs_picture(environment.service),
    )
