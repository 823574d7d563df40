"""How good is redaction? Labelled narratives about invented people."""
