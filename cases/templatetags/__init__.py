"""What do templates need beyond Django's own words? Dates, spans, form fields and the page's frame."""
