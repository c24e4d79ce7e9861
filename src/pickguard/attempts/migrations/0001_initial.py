"""The tables of counts and of the audit trail."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Attempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_index=True, verbose_name="time")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("wrong", "wrong password"),
                            ("refused", "refused"),
                            ("right", "logged in on a new device"),
                        ],
                        max_length=8,
                        verbose_name="outcome",
                    ),
                ),
                ("times", models.PositiveIntegerField(default=1, verbose_name="times")),
                ("account", models.CharField(db_index=True, max_length=32, verbose_name="account")),
                ("identities", models.CharField(max_length=200)),
                ("address", models.CharField(max_length=50, verbose_name="address")),
                ("address_key", models.CharField(db_index=True, max_length=32)),
                ("path", models.CharField(max_length=200, verbose_name="path")),
            ],
            options={
                "verbose_name": "login attempt",
                "verbose_name_plural": "login attempts",
                "ordering": ("-at", "-pk"),
                "permissions": (("unlock_attempt", "Can unlock accounts and addresses"),),
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="Budget",
            fields=[
                ("key", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("account", models.CharField(db_index=True, max_length=32)),
                ("address", models.CharField(db_index=True, max_length=32)),
                ("entries", models.TextField(default="[]")),
                ("expires", models.FloatField(db_index=True)),
            ],
            options={
                "default_permissions": (),
            },
        ),
    ]
