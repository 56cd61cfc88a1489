"""The WSGI application that the web server loads."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from config.deep_calls import with_room
from config.env import settings_module

os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_module())

application = with_room(get_wsgi_application())
get_resolver().url_patterns  # noqa: B018 - loads every page, for which the first request would wait

# What is loaded now stays: without this, Python goes through all of it again and again, for up to 0.2 s amid a request.
gc.collect()
gc.freeze()
