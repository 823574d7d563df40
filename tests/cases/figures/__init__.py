"""The figures of a supervisor's page."""
