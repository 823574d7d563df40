"""What does somebody see and do who sits before the pages? Chromium against the real servers."""
