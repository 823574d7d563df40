"""What do the unit's rules say? Pure functions of facts, policy and `now`: no clock, no database."""
