from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_profile_newsletter")]

    operations = [
        migrations.AddField(model_name="profile", name="credits", field=models.PositiveIntegerField(default=10)),
    ]
