from django.db import migrations

import apps.common.fields


class Migration(migrations.Migration):
    dependencies = [("backups", "0008_postgresql")]

    operations = [
        migrations.AlterField(
            model_name="database",
            name="connection_url",
            field=apps.common.fields.EncryptedTextField(
                help_text="postgresql://USER:PASSWORD@HOST:PORT/NAME, mysql://USER:PASSWORD@HOST:PORT/NAME, "
                "sqlite:///srv/app.db or file:///srv/media. Encrypted at rest, and never shown again."
            ),
        ),
    ]
