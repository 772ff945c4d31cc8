# `make help` prints the targets below.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Some images forbid bytecode: there each process that a test starts would compile the whole relay again.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help install browser demo test check mutants format docs bench lock clean screenshots

help: ## print this help
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; say which: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

install: $(STAMP) ## make .venv with the `relay` command in it

# Debian's Chromium, since a test tool's own download is not on every network. Who may not install it is told by
# the tests that are skipped.
browser: ## install Chromium for the tests of the console, where this user may
	@for name in "$$CHROMIUM" chromium chromium-browser google-chrome-stable google-chrome; do \
	  command -v "$$name" >/dev/null 2>&1 && exit 0; \
	done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  export DEBIAN_FRONTEND=noninteractive; \
	  apt-get update -qq && apt-get install -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; \
	fi || echo "Chromium could not be installed: the browser tests will be skipped."

demo: $(STAMP) ## watch six senders, an outage and a forged signature on this machine
	@$(BIN)/relay demo

test: $(STAMP) browser ## run the tests
	$(BIN)/python -m pytest -n auto -q

check: $(STAMP) browser ## everything a change must pass: format, lint, types, architecture, tests with coverage
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy relay connectors tests
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto -q --cov --cov-report=term

mutants: $(STAMP) ## break the code that proves senders in every small way; a test must notice each
	PYTHONHASHSEED=0 $(BIN)/python -m tests.mutation

format: $(STAMP) ## format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

screenshots: $(STAMP) browser ## take the pictures of the console in docs/screenshots from the demo's data
	$(BIN)/python -m tests.browser.screenshots

docs: $(STAMP) ## write what is made from the code: the set-up pages and config.example.toml
	$(BIN)/relay connectors pages docs/senders
	$(BIN)/relay config example > .example && mv .example config.example.toml

bench: $(STAMP) ## measure everything against its limit, with a report in bench-report/; QUICK=1 for a short run
	$(BIN)/python -m tests.bench $(if $(QUICK),--quick)

LOCKING := uv pip compile --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet

lock: $(STAMP) ## resolve the dependencies anew (needs uv)
	$(LOCKING) pyproject.toml --extra dev -o requirements.lock
	$(LOCKING) pyproject.toml --extra alerts --extra postgres -c requirements.lock -o deploy/requirements.lock
	$(LOCKING) deploy/build.in -c requirements.lock -o deploy/build.lock

clean: ## remove what the targets above made
	rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache .hypothesis htmlcov .coverage .coverage.*
