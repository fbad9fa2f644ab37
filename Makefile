# Every target is one line of real command. `make help` lists them.
SHELL := /bin/sh
UV := .tools/bin/uv
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS ?= automatic
export UV_PROJECT_ENVIRONMENT := .venv

.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

.tools/bin/uv:
	python3 -m venv .tools && .tools/bin/pip install --quiet --disable-pip-version-check uv

.venv/.ready: .tools/bin/uv uv.lock pyproject.toml core/pyproject.toml agent/pyproject.toml collector/pyproject.toml
	sh scripts/sync.sh

setup: .venv/.ready ## prepare .venv: finds or fetches a Python >= 3.12, installs what the lock file names

assets: .venv/.ready ## the charts of the web pages: pinned packages, bundled; quick when up to date
	@$(BIN)/python scripts/assets.py --test

up: .venv/.ready ## collector and agent on this machine, your own logs, a first table; Ctrl-C stops all
	@-$(BIN)/python scripts/assets.py
	@$(BIN)/python scripts/up.py

demo: .venv/.ready ## the same on the bundled recordings
	@-$(BIN)/python scripts/assets.py
	@$(BIN)/python scripts/up.py --demo

test: .venv/.ready ## everything that must hold
	@-$(BIN)/python scripts/assets.py --test
	$(BIN)/ruff format --check . && $(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --dist worksteal

clients: .venv/.ready ## real Claude Code, Codex, npm SDK and forwarder, pinned, into a cache; `make test` drives them then
	$(BIN)/python scripts/clients.py install && $(BIN)/python -m scripts.emitters install

clients-test: clients ## all runs of the real clients, with and without Tollbook between them and the mock provider
	TOLLBOOK_CLIENTS_REQUIRED=1 $(BIN)/pytest -n 2 -m clients -o session_timeout=3600 tests/clients

clients-latest: .venv/.ready ## the same on the newest versions, and which names on the wire and in logs are new or gone
	$(BIN)/python scripts/clients.py install --latest && $(BIN)/python -m tests.clients.latest

check: .venv/.ready ## formats, mends what a tool can mend, then types and layers
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format . && $(BIN)/pyright && $(BIN)/lint-imports

torture: .venv/.ready ## kill -9 of agent and collector, 500 times each; 1,000 requests while the relay is killed and stopped
	TOLLBOOK_KILLS=500 TOLLBOOK_REQUESTS=1000 $(BIN)/pytest -s -m kill --timeout 3000 -o session_timeout=7200 tests/journey

bench: .venv/.ready ## import against ccusage, line to collector, spans over gRPC, alias store; informs, never gates
	$(BIN)/python benchmarks/run.py

bench-large: .venv/.ready ## ten million calls: ticket lookup, engineers by month, size a call; an hour and 17 GB
	$(BIN)/python benchmarks/large.py

fuzz: .venv/.ready ## 10,000 malformed requests against the collector's doors
	TOLLBOOK_FUZZ=10000 $(BIN)/pytest -s -m fuzz --timeout 3000 -o session_timeout=7200 tests/collector

clean: ## remove what setup made
	rm -rf .venv .tools .bench

.PHONY: help setup assets up demo test clients clients-test clients-latest check torture bench bench-large fuzz clean
