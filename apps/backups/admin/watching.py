"""The figures and drawings at the head of a database's page."""

from datetime import datetime
from typing import Any

from apps.backups.engines.charts import draw_ages, draw_sizes, draw_stages
from apps.backups.models import Database
from apps.backups.selectors.watching import Watch, watch
from apps.common.addresses import change_address


def watching_context(database: Database, *, at: datetime) -> dict[str, Any]:
    """What `backups/_watching.html` shows."""
    figures = watch(database, at=at)
    drills = [
        (drill.finished_at, drill.stage_rows, change_address(drill))
        for drill in figures.drills
        if drill.stages and drill.finished_at
    ]
    return {
        "watch": figures,
        "tone": _tone(figures),
        "age_chart": draw_ages(figures.ages, objective=database.rpo_objective),
        "stage_chart": draw_stages(drills, objective=database.rto_objective),
        "size_chart": draw_sizes(
            [(one.at, one.database_size_bytes, one.size_bytes) for one in figures.backups],
            unusual=[figures.backups[-1].at] if figures.anomalies else [],
        ),
    }


def _tone(figures: Watch) -> str:
    if figures.is_point_missed or figures.failed_drills:
        return "refuted"
    return "doubt" if figures.is_time_missed or figures.anomalies or figures.failed_backups else "proven"
