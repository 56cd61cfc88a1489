"""The tracker in the admin."""

from apps.roadmap.admin import bindings, documents, milestones, risks, tasks, waivers  # noqa: F401
