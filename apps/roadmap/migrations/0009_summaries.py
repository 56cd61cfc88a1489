from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("roadmap", "0008_decisions")]

    operations = []
