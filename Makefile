# `make` alone prints what there is.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo drawn ui test bench lint docs lock clean

help: ## Print what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; set PYTHON=<path of one>.")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the locked dependencies into .venv (once; a minute or two) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

setup: $(READY) ## Install everything into .venv (the other targets do this by themselves)

demo: $(READY) ## Thirty evidence days of a simulated company, from source to verdict
	@$(BIN)/evidence demo

drawn: $(READY) ## Thirty days of a company and a fault list drawn anew, in a home of their own
	@seed=$$(od -An -N3 -tu4 /dev/urandom | tr -d ' '); folder=.evidence-drawn/$$seed; echo "seed $$seed in $$folder"; \
	EVIDENCE_HOME=$$folder $(BIN)/evidence demo --seed $$seed --draw $$seed

ui: $(READY) ## Open Dagster on what the demo collected
	@$(BIN)/evidence ui

test: $(READY) ## Run all tests
	@$(BIN)/python -m pytest

bench: $(READY) ## Print the benchmarks, each as a ratio against a named alternative
	@$(BIN)/python -m tests.benchmarks

lint: $(READY) ## Check style, types and the Dagster definitions
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@EVIDENCE_CONFIG=evidence.example.yaml $(BIN)/dg check defs

docs: $(READY) ## Regenerate the control catalogue in the README
	@$(BIN)/evidence schema --catalogue-into README.md

lock: ## Recompile requirements.lock (needs uv; a pip of 2023 needs the extras kept)
	uv pip compile pyproject.toml --extra sandbox --extra dev --universal --generate-hashes --no-annotate --no-header --no-strip-extras --output-file requirements.lock

clean: ## Remove what demos collected; the tools stay
	rm -rf .evidence .evidence-drawn
