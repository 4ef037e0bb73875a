# Everything a newcomer runs. Set-up happens once, inside the target that needs it.
PYTHON ?= python3
VENV   ?= .venv
INSTALLED := $(VENV)/.installed
PY     := $(VENV)/bin/python
AZURITE := $(VENV)/azurite/.tried

.PHONY: demo test nightly serve check bench bench-peers format clean

$(INSTALLED): requirements.txt pyproject.toml
	@echo "Setting up $(VENV) (once; a minute or two)…"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Pull Medic needs Python 3.11 or newer; try: make PYTHON=python3.13 …")'
	@$(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check -e '.[cli,dev]'
	@touch $@

demo: $(INSTALLED)  ## break and heal every seed scenario through the real triggers
	@$(PY) -m tests.demo

# Microsoft's storage emulator, for the tests of the store in Azure Tables; without npm they skip.
$(AZURITE): $(INSTALLED)
	@if command -v node >/dev/null && command -v npm >/dev/null; then \
		npm install --silent --no-audit --no-fund --prefix $(VENV)/azurite azurite@3.35.0 \
			|| echo "npm could not install Azurite: the tests that need it are skipped"; \
	else echo "node is not here: the tests of the store in Azure Tables are skipped"; fi
	@mkdir -p $(VENV)/azurite && touch $@

test: $(INSTALLED) $(AZURITE)  ## the whole suite, offline
	@$(PY) -m pytest -n 2

nightly: $(INSTALLED) $(AZURITE)  ## thousands of estates (ESTATES=3000), runs in chaos (CHAOS=2000), every moment, every way in, every read, every door
	@ESTATES=$${ESTATES:-3000} CHAOS=$${CHAOS:-2000} CHAOS_FROM=$${CHAOS_FROM:-$$(date +%s)} \
		KILLS=1000 WAITS=1 WAYS=all READS=all FUZZ=50 $(PY) -m pytest -n 2 --timeout=36000 \
		tests/estates tests/chaos tests/kill tests/matrix tests/pipeline/test_unreadable.py tests/fuzz tests/signals/test_fuzz.py \
		tests/pipeline/test_processes.py tests/pipeline/test_lost_lease.py tests/store
	@$(PY) -m tests.fuzz.guided

serve: $(INSTALLED)  ## simulated Azure + local function host until Ctrl-C
	@exec $(PY) -m tests.serve

check: $(INSTALLED)  ## formatter, linter, types, architecture, infrastructure
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports --no-cache
	@$(PY) -m tests.bicep

bench: $(INSTALLED) $(AZURITE)  ## measured ratios; Markdown on stdout, JSON in bench-results.json
	@$(PY) -m tests.bench

bench-peers: $(INSTALLED)  ## the same work by the az CLI and Cloud Custodian, from PyPI
	@$(PY) -m tests.bench --peers

format: $(INSTALLED)
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis
