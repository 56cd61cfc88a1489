from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("roadmap", "0006_working_surface")]

    operations = []
