"""The tracker in the admin."""

from apps.roadmap.admin import bindings, documents, labels, milestones, risks, tasks, waivers  # noqa: F401
