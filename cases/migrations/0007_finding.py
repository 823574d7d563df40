"""How is a person found without being opened, and which cases are linked?"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_reveals")]
    operations = []
