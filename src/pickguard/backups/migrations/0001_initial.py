"""The history of drills."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Drill",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_index=True, verbose_name="time")),
                ("backup", models.CharField(max_length=60, verbose_name="backup")),
                ("ok", models.BooleanField(verbose_name="good")),
                ("recovery_s", models.FloatField(verbose_name="recovery, seconds")),
                ("age_s", models.FloatField(verbose_name="age of the data, seconds")),
                ("differences", models.JSONField(default=list, verbose_name="differences")),
                ("steps", models.JSONField(default=dict, verbose_name="seconds by step")),
            ],
            options={
                "verbose_name": "drill",
                "verbose_name_plural": "drills",
                "ordering": ("-at",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("backup", "at"), name="pickguard_backups_drill_once"
                    )
                ],
            },
        ),
    ]
