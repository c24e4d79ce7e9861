from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_profile_credits")]

    operations = [
        migrations.AddField(model_name="profile", name="reset_token", field=models.CharField(blank=True, max_length=40)),
    ]
