# The whole contract: `make up` sets everything up and runs the sandbox, `make test` sets everything up and tests it.
# Needs Python 3.11+ and nothing else; both can run as often as you like.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# How many processes share the tests; 0: this one alone, one test after the other.
WORKERS ?= auto

.PHONY: up test check setup setup-test lock bench bench-apps screenshots clean

up: setup
	@$(BIN)/sandbox up $(UP)

test: setup-test check
	$(BIN)/python -m pytest -n $(WORKERS) $(TEST)

check: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

setup:
	@$(PYTHON) scripts/setup.py run

setup-test:
	@$(PYTHON) scripts/setup.py test

# Re-resolve the pinned dependencies (needs `uv` on the path); commit what changes.
lock:
	$(PYTHON) scripts/lock.py

# New pictures for the README and the docs, taken by the end-to-end tests.
screenshots: setup-test
	SANDBOX_SCREENSHOTS=docs/screenshots $(BIN)/python -m pytest -q tests/e2e/test_road.py

# What benchmarks compare with, apart from what the sandbox itself needs.
.venv-bench: requirements/bench.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --require-hashes -r requirements/bench.txt
	touch .venv-bench

bench: setup-test .venv-bench
	$(BIN)/python benchmarks/kernels.py
	$(BIN)/python benchmarks/app_kernels.py
	PEERS=.venv-bench/bin/python $(BIN)/python benchmarks/snapshot_build.py

# Our pages beside other frameworks', in a real browser; a quiet machine, please. The frameworks get their own environment.
PEERS := .venv-peers
bench-apps: setup-test
	@cmp -s requirements/peers.txt $(PEERS)/installed.txt || { $(PYTHON) -m venv --clear $(PEERS) && \
	 $(PEERS)/bin/pip install --quiet --require-hashes -r requirements/peers.txt && \
	 cp requirements/peers.txt $(PEERS)/installed.txt; }
	$(BIN)/python -m benchmarks.apps --peers $(CURDIR)/$(PEERS)/bin

clean:
	rm -rf $(VENV) $(PEERS) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
