"""What do two forms of a narrative need?"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0007_finding")]
    operations = []
