# Parley: `make help` lists what can be made.

PYTHON ?= python3
SCENARIO ?= gaza-2024-01
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

# Compiled imports make every start several times quicker.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help venv run dashboard classroom check test lint types contracts unit pytest test-newer bench bench-classroom bench-sweep bench-dashboard coverage-study study system signs scenarios-check lock clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { \
	  echo "Parley needs Python 3.11 or newer; there is no '$(PYTHON)' here." \
	       "Install one, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Parley needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1)." \
	       "Name another: make PYTHON=python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode \
	  --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

venv: $(READY)  ## create .venv, or bring it up to date with the lock

run: $(READY)  ## play one scenario (SCENARIO=name ARGS="--runs 1000")
	@$(BIN)/parley run $(SCENARIO) $(ARGS)

dashboard: $(READY)  ## serve the dashboard to browsers (ARGS="--port 8600")
	@$(BIN)/parley dashboard $(ARGS)

classroom: $(READY)  ## serve the classroom, and print the instructor's link (ARGS="--port 8600")
	@$(BIN)/parley classroom $(ARGS)

check: lint types contracts unit  ## what answers while you work: lint, types, contracts, unit tests

test: lint types contracts system pytest  ## everything that must hold before a commit

lint: $(READY)  ## style, formatting, and the docstrings of what users call
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python -m tests.tools.docstrings
	@$(BIN)/python -m tests.tools.sizes

types: $(READY)  ## static types, strict
	@$(BIN)/mypy

contracts: $(READY)  ## who may import whom
	@$(BIN)/lint-imports

unit: $(READY)  ## unit tests and contracts of extensions
	@$(BIN)/python -m pytest -q -n 2 -m "not slow" tests/unit tests/contracts $(ARGS)

pytest: $(READY)  ## the whole suite; a skipped test is a failure
	@PARLEY_NO_SKIP=1 $(BIN)/python -m pytest -n 4 $(ARGS)

test-newer:  ## unit tests and golden results on a newer Python, where there is one
	@$(PYTHON) tests/tools/newer_python.py

bench: $(READY)  ## how fast the engine and each finding are on this machine
	@$(BIN)/python -m tests.benchmarks.engine $(ARGS)
	@$(BIN)/python -m tests.benchmarks.findings

bench-sweep: $(READY)  ## what a sweep takes, and what shared luck is worth (some six minutes)
	@$(BIN)/python -m tests.benchmarks.sweep $(ARGS)

study: $(READY)  ## the worked study of sim/sweep/analysis, from plan to figure (some three minutes)
	@$(BIN)/parley sweep plan scenarios/studies/paris-2024.yaml $(ARGS)
	@$(BIN)/parley sweep run scenarios/studies/paris-2024.yaml --out sweeps/paris-2024 $(ARGS)
	@$(BIN)/parley analyze sweeps/paris-2024 --outcome truce_held_60 --outcome deal_by_90 \
	  --facts scenarios/studies/facts/paris-2024.yaml --accept 0.2 --out sweeps/paris-2024-shown

bench-classroom: $(READY)  ## how many students this machine bears (ARGS="--seats 60")
	@$(BIN)/python -m tests.benchmarks.classroom $(ARGS)

coverage-study: $(READY)  ## how often 95 % intervals hold the truth (a few minutes)
	@$(BIN)/python -m tests.benchmarks.coverage $(ARGS)

bench-dashboard: $(READY)  ## how fast the dashboard answers (ARGS="--visitors 60 --soak 30")
	@$(BIN)/python -m tests.benchmarks.dashboard_load $(ARGS)

system: $(READY)  ## find the browser and the database server that tests need, or fetch them
	@$(BIN)/python -m tests.tools.system_packages

signs: $(READY)  ## what each lever does beside what research expects, into scenarios/signs (an hour or two)
	@$(BIN)/python -m sim.validation.signs $(ARGS)

scenarios-check: $(READY)  ## read every scenario and complain helpfully
	@for scenario in scenarios/*.yaml scenarios/backtests/*.yaml; do $(BIN)/parley check "$$scenario" || exit 1; done

lock:  ## choose versions anew and write requirements.lock
	@test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet uv; }
	@env -u UV_FIND_LINKS -u PIP_FIND_LINKS $(BIN)/uv pip compile --quiet --no-config --universal \
	  --python-version 3.11 --upgrade --all-extras --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-emit-build-options \
	  --custom-compile-command "make lock" pyproject.toml -o requirements.lock

clean:  ## remove what was made, .venv included
	rm -rf $(VENV) .venv-newer build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find sim dashboard tests -name __pycache__ -type d -prune -exec rm -rf {} +
