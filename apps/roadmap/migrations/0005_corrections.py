from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("roadmap", "0004_living_documents")]

    operations = []
