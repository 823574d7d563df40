"""Does the software keep its promise? The folders mirror the code."""
