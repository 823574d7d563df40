"""What left the building, redacted by whom, approved by whom?"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0008_narratives")]
    operations = []
