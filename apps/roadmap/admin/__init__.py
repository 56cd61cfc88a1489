"""The tracker in the admin."""

from apps.roadmap.admin import (  # noqa: F401
    bindings,
    campaigns,
    decisions,
    documents,
    labels,
    milestones,
    policies,
    risks,
    tasks,
    waivers,
)
