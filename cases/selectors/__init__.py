"""Reads: nouns, each taking the viewer where what it returns may be hidden from somebody."""
