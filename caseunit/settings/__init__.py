"""Settings: `base` is production and fails closed; `dev` and `test` relax it."""
