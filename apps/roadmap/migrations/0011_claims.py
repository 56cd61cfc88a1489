from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("roadmap", "0010_campaigns")]

    operations = [
        migrations.AddIndex(
            name,
            models.Index(fields=["claim"], condition=Q(orphaned_at__isnull=True), name=f"roadmap_{name}_claim"),
        )
        for name in ("criterion", "milestone", "task", "workitem")
    ]
