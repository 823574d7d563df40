# Thin: every target is one command that works without make too.
VENV ?= $(or $(CASEUNIT_VENV),.venv)

.PHONY: run test check format types

run:
	python3 run.py

test:
	python3 run.py test

format:
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .
	git ls-files -z 'templates/*.html' | xargs -0 $(VENV)/bin/djade --target-version 5.2

types:
	$(VENV)/bin/mypy

check:
	.ci/run
