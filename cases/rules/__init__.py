"""What do the unit's rules say? Pure functions: facts, policy and `now` in, findings out."""
