"""The unit's work: cases, victims, officers, referrals, and the rules that keep them from going quiet."""
