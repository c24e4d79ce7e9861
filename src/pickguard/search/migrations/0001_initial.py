"""The table of saved queries."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedQuery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("model", models.CharField(max_length=200, verbose_name="model")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("text", models.TextField(max_length=8192, verbose_name="query")),
                ("shared", models.BooleanField(default=False, verbose_name="shared")),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "saved query",
                "verbose_name_plural": "saved queries",
                "ordering": ("name", "pk"),
                "permissions": (("share_savedquery", "Can share a saved query"),),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner", "model", "name"), name="pickguard_query_name"
                    )
                ],
            },
        ),
    ]
