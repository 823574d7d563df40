"""Who was shown an identity, why, and until when?"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_seals")]
    operations = []
