# `make demo` and `make test` need nothing but Python 3.11 and make; each does all set-up first.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
UV_VERSION := $(shell sed -n 's/^uv==//p' constraints.txt)

.PHONY: demo test lint audit bench neo4j agree clean
.DEFAULT_GOAL := demo

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable '.[dev,policy,privacy,tune]'
	touch $@

demo: $(READY)
	$(BIN)/theragraph demo

test: $(READY)
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/bandit -q -c pyproject.toml -r ontologies kg extraction gnn recommender cli*.py

# Known vulnerabilities of what is pinned; needs the package index's own vulnerability data, which mirrors rarely carry.
audit: $(READY)
	$(BIN)/uv tool run pip-audit@2.10.1 --requirement constraints.txt --no-deps --disable-pip

bench: $(READY)
	for benchmark in benchmarks/[a-z]*.py; do $(BIN)/python -m benchmarks.$$(basename $$benchmark .py) || exit 1; done

# Real Neo4j servers for the tests, from their published artifacts (needs Java 21 or newer, and Maven).
neo4j: $(READY)
	$(BIN)/theragraph neo4j install 5.26.30
	$(BIN)/theragraph neo4j install 2026.08.1

# The demonstration on the embedded server and on every Neo4j at hand must leave the same data and the same plans.
agree: $(READY)
	$(BIN)/python -m tests.demo_on_servers

clean:
	rm -rf .venv .theragraph .neo4j build *.egg-info .mypy_cache .ruff_cache .pytest_cache
