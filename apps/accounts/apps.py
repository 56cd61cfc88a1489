"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Staff users, their roles and tokens."""

    name = "apps.accounts"
    label = "accounts"
    verbose_name = "People"
