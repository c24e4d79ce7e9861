from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_profile_about")]

    operations = [
        migrations.AddField(model_name="profile", name="website", field=models.CharField(blank=True, max_length=200)),
    ]
