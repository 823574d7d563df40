"""What may be typed? Forms parse and validate, and hand over what services take."""
