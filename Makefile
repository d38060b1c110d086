# The whole contract: `make up` sets everything up and runs the sandbox, `make test` sets everything up and tests it.
# Needs Python 3.11+ and nothing else; both can run as often as you like.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: up test check setup setup-test lock bench clean

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

bench: setup-test
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
