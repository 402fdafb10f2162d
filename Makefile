# `make` or `make help` lists what there is. The virtual environment is made once and refreshed only when a
# requirements file changes.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
FUZZ := $(VENV)/fuzz/.installed
ARGS ?=
DB ?= both
MINUTES ?= 10
UI_LANGUAGE ?= en
ONLY ?=

# The checks judge the settings of a real deployment, never a person's own environment or data.
PRODUCTION := env -i PATH="$(PATH)" HOME="$(HOME)" LANG=C.UTF-8 \
	TOKENACCESS_DATA_DIR=$(CURDIR)/$(VENV)/check-data \
	TOKENACCESS_EXTERNAL_URL=https://tokens.example.com \
	TOKENACCESS_SECRET_KEY=only-for-make-check-0123456789-abcdefghijklmnopqrstuvwxyz

.DEFAULT_GOAL := help
.PHONY: help run test check lint types migrations-check deploy-check architecture references bench screenshots faults fuzz fuzz-api format migrations messages outdated clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUNTIME) ## Start the portal on http://127.0.0.1:8000 (first run: database, administrator, demo world)
	@exec env -u PYTHONDONTWRITEBYTECODE $(BIN)/python manage.py serve

test: $(DEV) ## Run all tests on SQLite and PostgreSQL (DB=sqlite|postgres|both, ARGS="tests/policy -x")
	@DB="$(DB)" exec $(BIN)/python -m scripts.run_tests $(ARGS)

check: lint types migrations-check deploy-check architecture references ## Run every check that needs no test database

lint: $(DEV) ## Check style and formatting (ruff)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV) ## Check the types (mypy)
	@$(PRODUCTION) $(BIN)/mypy .

migrations-check: $(DEV) ## Check that every model change has its migration
	@$(PRODUCTION) $(BIN)/python manage.py makemigrations --check --dry-run

deploy-check: $(DEV) ## Check the settings of a real deployment
	@$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

architecture: $(DEV) ## Check who may import whom
	@$(PRODUCTION) $(BIN)/pytest -q tests/test_architecture.py

references: $(DEV) ## Check that every reference to a document, a section or a decision resolves
	@$(BIN)/python -m scripts.check_contract_references

bench: $(DEV) ## Measure requests per second on PostgreSQL (ARGS goes to bench/run.py)
	@$(BIN)/python -m scripts.system_tools postgres
	@exec $(BIN)/python -m scripts.postgres_server --shared-buffers 1GB $(BIN)/python bench/run.py $(ARGS)

screenshots: $(DEV) ## Picture every page in both themes and two widths, into screenshots/ (UI_LANGUAGE=ja, ONLY="token-access")
	@rm -rf screenshots
	@SCREENSHOTS_FOLDER=screenshots SCREENSHOTS_LANGUAGE="$(UI_LANGUAGE)" SCREENSHOTS_ONLY="$(ONLY)" \
		$(BIN)/pytest -q -n 0 -p no:cacheprovider tests/browser/all_pages/take_screenshots.py
	@echo "Open screenshots/index.html."

faults: $(DEV) ## Bring about slow clients and other faults on purpose (ARGS="slow_clients")
	@exec $(BIN)/python -m tests.faults $(ARGS)

fuzz: $(DEV) ## Throw generated CI files at the compiler for some minutes (MINUTES=10)
	@exec $(BIN)/python -m tests.faults.ci_file_fuzz --minutes $(MINUTES) $(ARGS)

fuzz-api: $(DEV) $(FUZZ) ## Ask a live server for all that the API describes (schemathesis; DB=postgres, ARGS="--examples 50 --seed 2")
	@exec $(if $(filter postgres,$(DB)),$(BIN)/python -m scripts.postgres_server) $(BIN)/python -m tests.faults.api_fuzz --program $(VENV)/fuzz/bin/schemathesis $(ARGS)

format: $(DEV) ## Repair style and formatting
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

migrations: $(DEV) ## Write the migrations that are missing
	$(BIN)/python manage.py makemigrations $(ARGS)

messages: $(DEV) ## Collect the texts of the pages for translation, and compile the translations
	@$(BIN)/python -m scripts.messages

outdated: $(DEV) ## List the pinned packages that have a newer version
	@$(BIN)/pip list --outdated --disable-pip-version-check --exclude pip --exclude setuptools

clean: ## Remove the virtual environment and all caches; keeps data/
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache staticfiles test-results bench-results screenshots
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Python 3.11 or newer is needed; name it with PYTHON=/path/to/python3.11." >&2; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
		echo "No virtual environment could be made. On Debian: apt-get install python3-venv" >&2; exit 1; }

$(RUNTIME): requirements.txt constraints.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(DEV): requirements.txt requirements-dev.txt constraints.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $(RUNTIME) $@

$(FUZZ): requirements-fuzz.txt | $(BIN)/python
	@$(BIN)/python -m venv $(VENV)/fuzz
	$(VENV)/fuzz/bin/pip install --quiet --disable-pip-version-check -r requirements-fuzz.txt
	@touch $@
