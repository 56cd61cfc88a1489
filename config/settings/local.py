"""One machine without services of its own: `make run` starts PostgreSQL and writes `.env`; the broker is a folder."""

from pathlib import Path

from config.env import PROJECT_DIRECTORY
from config.settings.base import *  # noqa: F403
from config.settings.base import environment

LOCAL_DIRECTORY = Path(environment.text("LOCAL_DIRECTORY", str(PROJECT_DIRECTORY / "var")))
_BROKER_DIRECTORY = LOCAL_DIRECTORY / "broker"
for _name in ("messages", "processed", "control"):
    (_BROKER_DIRECTORY / _name).mkdir(parents=True, exist_ok=True)

DIALLING_ALLOWED_NETWORKS = environment.networks("DIALLING_ALLOWED_NETWORKS", ["127.0.0.0/8", "::1/128"])  # itself
CELERY_BROKER_URL = "filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "data_folder_in": str(_BROKER_DIRECTORY / "messages"),
    "data_folder_out": str(_BROKER_DIRECTORY / "messages"),
    "processed_folder": str(_BROKER_DIRECTORY / "processed"),
    "control_folder": str(_BROKER_DIRECTORY / "control"),
}
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 2

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"},
    "pages": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "pages"},
}
SILENCED_SYSTEM_CHECKS = [
    "django_ratelimit.E003",
    "django_ratelimit.W001",
]  # the database cache has no atomic increment

WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

environment.raise_problems()
