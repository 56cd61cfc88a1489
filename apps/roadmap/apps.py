"""The roadmap app."""

from django.apps import AppConfig


class RoadmapConfig(AppConfig):
    """Documents, milestones, tasks, criteria, gates."""

    name = "apps.roadmap"
    label = "roadmap"
    verbose_name = "Roadmap"
