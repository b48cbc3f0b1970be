# Every task of the project. Nothing else needs to be installed than Python >= 3.11 (with venv) and make.

.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
# The first interpreter that is new enough; `make PYTHON=/path/to/python3.12 …` chooses another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

# Tests wait for sockets now and then: one process more than there are cores.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min(8, (os.cpu_count() or 1) + 1))')

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: $(VENV)/run.stamp ## start the product (with config.toml where there is one)
	@exec $(BIN)/python -m bot run $(ARGS)

.PHONY: demo
demo: $(VENV)/run.stamp ## start with the sample stories alone
	@exec $(BIN)/python -m bot demo

.PHONY: test
test: $(VENV)/dev.stamp lint ## check style, types, import rules and run all tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

.PHONY: lint
lint: $(VENV)/dev.stamp ## check style, types and who imports whom
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache | tail -n 3

.PHONY: fmt
fmt: $(VENV)/dev.stamp ## put the code into its format
	$(BIN)/ruff check --quiet --fix-only .
	$(BIN)/ruff format --quiet .

# LANGUAGE counts on make's command line alone: many an environment has one of its own, which means something else.
.PHONY: strings
strings: $(VENV)/dev.stamp ## gather the words from the code into locales/: LANGUAGE=uk begins a new language
	$(BIN)/python -m tests.strings $(if $(filter command,$(origin LANGUAGE)),$(LANGUAGE))

.PHONY: bench
bench: $(VENV)/dev.stamp ## measure speed and memory, each beside a baseline (bench.json)
	$(BIN)/python -m bench

.PHONY: soak
soak: $(VENV)/dev.stamp ## the long tests: SEED=… repeats a run
	$(BIN)/python -m pytest tests/soak --soak --timeout=0 --seed=$(or $(SEED),0) $(ARGS)

.PHONY: emulators
emulators: $(VENV)/dev.stamp ## a Telegram and a Discord to play with by hand
	@$(BIN)/python -m tests.emulators both

.PHONY: migration
migration: $(VENV)/dev.stamp ## draft a migration from a change of tables.py: NAME=what_changes
	$(BIN)/python -m tests.draft_migration $(NAME)

# No index address may stand in the locks: they must install from anybody's mirror.
.PHONY: lock
lock: ## renew requirements.lock and requirements-dev.lock (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--upgrade --custom-compile-command "make lock" pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--upgrade --custom-compile-command "make lock" pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

.PHONY: clean
clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis bench.json

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Newstally needs Python 3.11 or newer; none was found. Install it, or name it: make PYTHON=/path/to/python3"; exit 1; }
	@echo "Setting up Newstally (once; a minute or two) …"
	@rm -rf $(VENV); { command -v uv && uv venv --quiet --seed --python "$(PYTHON)" $(VENV); } >/dev/null 2>&1 || \
	"$(PYTHON)" -m venv --clear $(VENV) || { rm -rf $(VENV); \
		echo "Python can't make virtual environments here; on Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(VENV)/bin/newstally: $(VENV)/bin/python
	@printf '#!/bin/sh\nexec env PYTHONPATH="%s" "%s/$(BIN)/python" -m bot "$$@"\n' "$(CURDIR)" "$(CURDIR)" > $@
	@chmod +x $@

$(VENV)/run.stamp: requirements.lock | $(VENV)/bin/python $(VENV)/bin/newstally
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { rm -rf $(VENV); echo "The last set-up was cut off: please start again."; exit 1; }
	@echo "Installing what it stands on …"
	@$(call install,requirements.lock)
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp | $(VENV)/bin/python
	@echo "Setting up the tools for development …"
	@$(call install,requirements-dev.lock)
	@touch $@

# uv where it is there, pip where not or where uv can't (it doesn't know a company's own certificates, for one); both
# install what the lock says, by hash, and nothing else.
define install
{ command -v uv && uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r $(1); } >/dev/null 2>&1 || \
$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r $(1) || \
{ echo "What it stands on could not be installed: is there a network, and a package index that this machine trusts?"; exit 1; }
endef
