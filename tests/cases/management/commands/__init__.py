"""Tests that mirror `cases.management.commands`."""
