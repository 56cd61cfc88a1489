"""The verifiers whose evidence comes from outside: from builds, from deployments, from people."""

from apps.evidence.verifiers import builds

__all__ = ["builds"]
