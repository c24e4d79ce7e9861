from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_profile_website")]

    operations = [
        migrations.AddField(model_name="profile", name="newsletter", field=models.BooleanField(default=False)),
    ]
