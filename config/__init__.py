"""Wires the apps together by name. No app imports it."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
