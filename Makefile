# The whole contract: `make up` sets everything up and runs the sandbox, `make test` sets everything up and tests it.
# Needs Python 3.11+ and nothing else; both can run as often as you like.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: up test check setup setup-test lock bench screenshots clean

up: setup
	@$(BIN)/sandbox up $(UP)

test: setup-test check
	$(BIN)/python -m pytest $(TEST)

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

bench: setup-test
	$(BIN)/python benchmarks/kernels.py
	$(BIN)/python benchmarks/snapshot_build.py

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
