"""What reports say, and who may read it."""

# They hold something of each of these, so whoever reads one may read them all.
READERS = (
    "catalog.view_service",
    "roadmap.view_milestone",
    "roadmap.view_criterion",
    "roadmap.view_risk",
    "roadmap.view_costline",
    "roadmap.view_waiver",
    "roadmap.view_signoff",
)
