# pmkit: set-up, build, tests and checks. Everything is installed inside the clone.

PYTHON ?=
PY := .venv/bin/python
export PYTHON

.DEFAULT_GOAL := help

.PHONY: help
help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: setup
setup: ## Install all tools into the clone (PYTHON=python3.12, PMKIT_SOLC=auto|native|npm)
	@sh scripts/setup.sh
