from django.db import migrations

from apps.accounts.roles import grant_roles

_TRACKED = ["document", "milestone", "workitem", "task", "criterion", "risk", "mitigation", "costline", "binding"]


class Migration(migrations.Migration):
    dependencies = [("roadmap", "0001_initial"), ("accounts", "0002_roles")]

    operations = [
        grant_roles("roadmap", editor=_TRACKED, operator=["change_binding"], approver=["accept_binding", "change_binding"])
    ]
