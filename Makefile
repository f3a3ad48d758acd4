# Two commands matter: `make run` and `make test`. Both set everything up first.

VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
BENCH ?= replay
TEST_ARGS ?=

# Two torch threads on two busy cores are several times slower than one.
export OMP_NUM_THREADS ?= 1

# Dozens of tests start a process, and each would compile all of the bot anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run test lint coverage bench lock lock-check clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1  \2/p' Makefile

setup: ## Make .venv from the lock (PYTHON=..., TORCH=cuda)
	@python="$$(sh scripts/find-python.sh)" && "$$python" scripts/setup_env.py

run: setup ## Run the bot (ARGS="--once" stops when all is done)
	@$(BIN)/bot run $(ARGS)

lint: setup ## Style, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint ## Everything that must pass (TEST_ARGS goes to pytest)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(TEST_ARGS)

coverage: setup ## All tests, with branch coverage
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --cov --cov-report=term $(TEST_ARGS)

bench: setup ## Measure (BENCH=replay, or classify; ARGS goes to the benchmark)
	$(BIN)/python bench/$(BENCH).py $(ARGS)

lock: setup ## Write requirements/*.txt anew (ARGS="--upgrade" moves every pin)
	$(BIN)/python scripts/lock.py $(ARGS)

lock-check: setup ## Say whether the locks are stale
	$(BIN)/python scripts/lock.py --check

clean: ## Remove the environment, caches and build output; var/ stays
	rm -rf $(VENV) .setup.lock dist build htmlcov .coverage* .hypothesis .import_linter_cache
	rm -rf .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
