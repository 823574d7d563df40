"""How the audit table came to be."""
