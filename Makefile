# The front door. `make demo` and `make test` set up all they need in .venv.
.DEFAULT_GOAL := help
.PHONY: help demo test nightly check bench soak mutants rehearse pictures pins release chromium clean another-python
SHELL := /bin/bash
# What is compiled once is there for all processes, whatever the machine says: tests start hundreds.
export PYTHONDONTWRITEBYTECODE :=

BIN := .venv/bin
# Whoever names a Python wants that one: .venv is made anew unless this one has made it.
WHICH := import sys; print(sys.version, sys.base_prefix)
ifneq ($(origin PYTHON),undefined)
ifneq ($(shell $(PYTHON) -c '$(WHICH)' 2>&1),$(shell $(BIN)/python -c '$(WHICH)' 2>&1))
.venv/bin/python: another-python
endif
endif
PYTHON ?= python3
PINS := $(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --strip-extras --allow-unsafe

help: ## show this
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: .venv/local ## an AWS organization and a Slack on this machine, at http://127.0.0.1:8765
	@$(BIN)/coastguard demo

rehearse: .venv/local ## play every story headless
	@$(BIN)/coastguard rehearse

test: .venv/dev chromium ## each test, with a part of what it can be played with; the twenty slowest, and the CPU
	@$(BIN)/coastguard package
	$(BIN)/pytest --durations=20 --durations-min=1 $(ARGS)

nightly: .venv/dev chromium ## the same with every case, example, story and death
	@$(BIN)/coastguard package
	$(BIN)/pytest --nightly --durations=20 --durations-min=1 $(ARGS)

check: .venv/dev ## lint, types, import directions, templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cfn-lint stacksets/*.yaml

bench: .venv/dev ## play storms, compare with one event at a time, say which goals are held; writes docs/performance.md
	$(BIN)/python -m tests.benchmarks

soak: .venv/dev ## simulate for minutes: ARGS='MINUTES ROUND', by default 10 and any round
	$(BIN)/python -m tests.simulation $(ARGS)

mutants: .venv/dev ## change what decides or acts, and see whether its tests notice: ARGS='hub/incidents/decision.py', by default all
	@$(BIN)/python -m tests.mutants $(ARGS)

pictures: .venv/dev chromium ## draw the pictures of README and docs/chatops.md anew
	$(BIN)/python -m tests.browser.pictures
	$(BIN)/python -m tests.browser.chat_pictures

pins: .venv/dev ## pin the requirements anew
	$(PINS) --upgrade -o requirements/dev.txt requirements/dev.in
	$(PINS) -c requirements/dev.txt -o requirements/local.txt requirements/local.in
	$(PINS) -c requirements/dev.txt -o requirements/lambda.txt requirements/lambda.in

release: .venv/dev ## check that tree, version and changelog agree; build zip, SBOM and sums into build/release; pushes nothing
	@$(BIN)/python -m coastguard.release

clean: ## remove what was built and set up
	rm -rf .venv build

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Coastguard needs Python 3.11 or newer: name one with PYTHON=python3.12, say." >&2; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear .venv

.venv/local: .venv/bin/python requirements/local.txt pyproject.toml
	@$(BIN)/python coastguard/setting_up.py requirements/local.txt
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: .venv/local requirements/dev.txt requirements/python313.txt
	@$(BIN)/python coastguard/setting_up.py requirements/dev.txt requirements/python313.txt
	@touch $@

chromium:
	@command -v chromium chromium-browser google-chrome >/dev/null || { \
		echo "Installing Debian's chromium for the browser tests (once)"; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } >build.chromium.log 2>&1 \
		|| { cat build.chromium.log >&2; rm -f build.chromium.log; \
		echo "The browser tests need chromium: install it (as root: apt-get install chromium) and run make test again." >&2; exit 1; }; \
		rm -f build.chromium.log; }
