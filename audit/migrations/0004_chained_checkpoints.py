"""Which checkpoint came before? Those that were there already keep an empty answer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_sealing")]

    operations = [
        migrations.AddField(
            model_name="checkpoint",
            name="previous",
            field=models.BigIntegerField(null=True, editable=False),
        ),
    ]
