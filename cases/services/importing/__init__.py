"""How does a caseload come in? From a bundle, or from any one-file export through a mapping."""
