# `make help` prints what there is. Everything lives in .venv and, for Spark's packages, in the user's cache.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
# Another interpreter: make setup PYTHON=/path/to/python3.12
PYTHON ?=
# The settings file of a Maven mirror: make setup IVYSETTINGS=/path/to/ivysettings.xml
IVYSETTINGS ?=

.PHONY: docs help setup doctor demo test check accept test-all test-cluster bench format wheel clean

help: ## print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.fetched ## make .venv and fetch Spark's packages (once; later it does nothing, and needs no network)

doctor: setup ## check the machine, and say what mends it
	@$(BIN)/icspark doctor

# What to open is said even where a check has failed; the exit code is then that of the failure.
demo: setup ## run everything on the open data of Suffolk, then on a simulated region of 50,000 people
	@status=0; \
		$(BIN)/icspark run --all --conf conf/suffolk.yml || status=$$?; \
		$(BIN)/icspark run --all --conf conf/demo.yml || status=$$?; \
		echo; echo "Open in a browser:"; \
		find build/suffolk/pages build/demo/pages -name '*.html' 2>/dev/null | sort | sed 's/^/  /'; \
		exit $$status

test: setup ## run the tests: two processes, a Spark session each
	@$(BIN)/pytest -n 2 --dist loadfile

check: setup ## look at format, style and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

accept: setup ## run the tests that need size or many seeds
	@$(BIN)/pytest -m "slow and not cluster"

test-cluster: setup ## run the tests that need a real standalone Spark cluster (started on loopback)
	@$(BIN)/pytest -m cluster tests/cluster

test-all: setup ## run every test there is
	@$(BIN)/pytest -m "not cluster"
	@$(BIN)/pytest -m cluster tests/cluster

bench: setup ## run every benchmark and print its figures
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python "$$script"; done

format: setup ## put the code into the house format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: setup ## write the reference pages and the Databricks job file from the code
	@$(BIN)/python -m icspark.docs docs

wheel: setup ## build the wheel into dist/
	@rm -rf build/lib build/bdist.*
	@$(BIN)/python -m build --quiet --wheel --no-isolation
	@ls dist/*.whl

clean: ## remove .venv and what tools leave; tables and pages stay
	@rm -rf $(VENV) build/lib build/bdist.* dist lib/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The first Python 3.11 or 3.12 that runs and can make a virtual environment.
$(BIN)/python:
	@for python in $(PYTHON) python3.11 python3.12 python3 python; do \
		if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null; then \
			echo "making $(VENV) with $$("$$python" --version)"; \
			exec "$$python" -m venv $(VENV); \
		fi; \
	done; \
	echo "No Python 3.11 or 3.12 that can make a virtual environment was found. Install one (Debian and Ubuntu:" \
		"apt install python3.11 python3.11-venv), or name it: make setup PYTHON=/path/to/python3.12" >&2; exit 1

# uv installs in a minute what takes pip several; where it cannot reach what pip can, pip does it.
$(VENV)/.installed: setup.py | $(BIN)/python
	@echo "installing from the Python index"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@index="$$($(BIN)/pip config get global.index-url 2>/dev/null || true)"; \
		$(BIN)/uv pip install --quiet --python $(BIN)/python $${index:+--default-index "$$index"} --editable '.[test,dev]' \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,dev]'
	@touch $@

$(VENV)/.fetched: $(VENV)/.installed lib/icspark/packages.py
	@$(BIN)/icspark setup $(if $(IVYSETTINGS),--ivysettings '$(IVYSETTINGS)')
	@touch $@
