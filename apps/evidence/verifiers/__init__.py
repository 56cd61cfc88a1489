"""The verifiers whose evidence comes from outside: from builds, from deployments, from people."""

from apps.evidence.verifiers import builds, deployments, people

__all__ = ["builds", "deployments", "people"]
