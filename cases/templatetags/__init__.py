"""What do templates need beyond Django's own? Words for dates and spans, fields, the frame."""
