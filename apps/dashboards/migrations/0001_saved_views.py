import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.accounts.roles import grant_roles


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0004_notice_roles'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('list', models.CharField(help_text='The list it is of, such as roadmap.task.', max_length=100)),
                ('name', models.CharField(max_length=60)),
                ('query', models.CharField(blank=True, help_text="The list's address after the question mark.", max_length=2000)),
                ('is_shared', models.BooleanField(default=False, help_text='All staff see it above the list.', verbose_name='shared')),
                ('owner', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'saved view',
                'ordering': ['list', 'name', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('owner', 'list', 'name'), name='dashboards_saved_view_once')],
            },
        ),
        grant_roles("dashboards"),
    ]
