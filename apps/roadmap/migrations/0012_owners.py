"""Tasks, criteria and risks are owned by any number of teams, as milestones and work items are."""

import django.db.models.deletion
import simple_history.models
from django.db import migrations, models

from apps.accounts.roles import grant_roles
from apps.roadmap.models.changes import note_changes, through

KINDS = ("task", "criterion", "risk")
COPY = """
INSERT INTO roadmap_{kind}_owners ({kind}_id, team_id)
SELECT id, owner_id FROM roadmap_{kind} WHERE owner_id IS NOT NULL;
INSERT INTO roadmap_historical{kind}_owners (history_id, {kind}_id, team_id, id)
SELECT version.history_id, version.id, version.owner_id, coalesce(owned.id, 0)
FROM roadmap_historical{kind} AS version
LEFT JOIN roadmap_{kind}_owners AS owned ON owned.{kind}_id = version.id AND owned.team_id = version.owner_id
WHERE version.owner_id IS NOT NULL;
UPDATE roadmap_{kind} SET imported = imported - 'owner' || jsonb_build_object(
    'owners', CASE imported ->> 'owner' WHEN '' THEN '[]' ELSE jsonb_build_array(imported -> 'owner') END
) WHERE imported ? 'owner';
SET CONSTRAINTS ALL IMMEDIATE;
"""
CONFLICTS = """
UPDATE roadmap_conflict SET
    field = 'owners',
    base = CASE WHEN coalesce(base #>> '{}', '') = '' THEN '[]' ELSE jsonb_build_array(base) END,
    ours = CASE WHEN coalesce(ours #>> '{}', '') = '' THEN '[]' ELSE jsonb_build_array(ours) END,
    theirs = CASE WHEN coalesce(theirs #>> '{}', '') = '' THEN '[]' ELSE jsonb_build_array(theirs) END
WHERE field = 'owner';
SET CONSTRAINTS ALL IMMEDIATE;
"""


def owners():
    return models.ManyToManyField("catalog.team", blank=True, related_name="owned_%(class)ss")


def reference(to, **options):
    return models.ForeignKey(to, django.db.models.deletion.DO_NOTHING, db_constraint=False, **options)


def related(to):
    return reference(to, blank=True, null=True, db_tablespace="", related_name="+")


def versions_of_owners(name):
    return migrations.CreateModel(
        f"Historical{name}_owners",
        [
            ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
            ("m2m_history_id", models.AutoField(primary_key=True, serialize=False)),
            (name.lower(), related(f"roadmap.{name.lower()}")),
            ("history", reference(f"roadmap.historical{name.lower()}")),
            ("team", related("catalog.team")),
        ],
        options={"verbose_name": f"Historical{name}_owners"},
        bases=(simple_history.models.HistoricalChanges, models.Model),
    )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_team_members"), ("roadmap", "0011_claims"), ("accounts", "0002_roles")]

    operations = [
        *(migrations.AddField(kind, "owners", owners()) for kind in KINDS),
        *(migrations.AlterField(kind, "owners", owners()) for kind in ("milestone", "workitem")),
        *(versions_of_owners(kind.capitalize()) for kind in KINDS),
        *(migrations.RunSQL(COPY.format(kind=kind)) for kind in KINDS),
        migrations.RunSQL(CONFLICTS),
        *(note_changes(f"roadmap_{kind}_owners", through(f"roadmap_{kind}", f"{kind}_id")) for kind in KINDS),
        *(migrations.RemoveField(name, "owner") for kind in KINDS for name in (kind, f"historical{kind}")),
        grant_roles("roadmap"),
    ]
