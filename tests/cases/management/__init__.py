"""Tests that mirror `cases.management`."""
