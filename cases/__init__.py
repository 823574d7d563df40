"""The unit's work: cases, victims, officers, referrals, and rules against going quiet."""
