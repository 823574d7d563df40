"""Tests that mirror `cases.selectors`."""
