"""PostgreSQL and Valkey from wheels, for one machine: how they start, who shares them, and how they stop."""
