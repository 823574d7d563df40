"""Tests that mirror `cases.services`."""
