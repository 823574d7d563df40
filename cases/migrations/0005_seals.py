"""What does the seal need? Expunging, and what rotation remembers."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_closed_words")]
    operations = []
