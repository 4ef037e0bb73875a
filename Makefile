# Everything a newcomer runs. Set-up happens once, inside the target that needs it.
PYTHON ?= python3
VENV   ?= .venv
INSTALLED := $(VENV)/.installed
PY     := $(VENV)/bin/python

.PHONY: demo test nightly serve check bench bench-peers format clean

$(INSTALLED): requirements.txt pyproject.toml
	@echo "Setting up $(VENV) (once; a minute or two)…"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Pull Medic needs Python 3.11 or newer; try: make PYTHON=python3.13 …")'
	@$(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check -e '.[cli,dev]'
	@touch $@

demo: $(INSTALLED)  ## break and heal every seed scenario through the real triggers
	@$(PY) -m tests.demo

test: $(INSTALLED)  ## the whole suite, offline
	@$(PY) -m pytest -n 2

nightly: $(INSTALLED)  ## thousands of random broken estates, anew each time (ESTATES=3000)
	@ESTATES=$${ESTATES:-3000} $(PY) -m pytest -n 2 --timeout=36000 tests/estates

serve: $(INSTALLED)  ## simulated Azure + local function host until Ctrl-C
	@exec $(PY) -m tests.serve

check: $(INSTALLED)  ## formatter, linter, types, architecture, infrastructure
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports --no-cache

bench: $(INSTALLED)  ## measured ratios; Markdown on stdout, JSON in bench-results.json
	@$(PY) -m tests.bench

bench-peers: $(INSTALLED)  ## the same work by the az CLI and Cloud Custodian, from PyPI
	@$(PY) -m tests.bench --peers

format: $(INSTALLED)
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis
