from django.db import migrations

import apps.common.fields


class Migration(migrations.Migration):
    dependencies = [("backups", "0015_restoring_engines")]

    operations = [
        migrations.AlterField(
            model_name='database',
            name='connection_url',
            field=apps.common.fields.EncryptedTextField(help_text='postgresql://USER:PASSWORD@HOST:PORT/NAME, mysql://USER:PASSWORD@HOST:PORT/NAME, sqlite:///srv/app.db, file:///srv/media or s3://KEY_ID:SECRET@BUCKET/prefix. Encrypted at rest, and never shown again.'),
        ),
    ]
