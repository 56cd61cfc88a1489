# Seaworthy's commands. `make run` on a fresh machine needs Python 3.11, git and make.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
# Where it is set, every process that is started compiles all of the sources anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run test coverage check bench format clean

help:  ## what can be done
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: $(VENV)/embedded  ## start everything on this machine [ROADMAP=path SERVICE=name PORT=8000 ONCE=1]
	@$(BIN)/python -m config.local --port "$(PORT)" --roadmap "$$ROADMAP" --service "$$SERVICE" $(if $(ONCE),--once) || [ $$? -eq 130 ]  # 130: stopped by Ctrl-C

test: $(VENV)/dev  ## every test, on every core [THOROUGH=1]
	@$(BIN)/python -m pytest --numprocesses auto

coverage: $(VENV)/dev  ## every test, and which lines none of them reaches; takes nearly twice as long
	@COVERAGE_FILE="$(CURDIR)/.coverage" $(BIN)/python -m pytest --numprocesses auto --cov --cov-report term-missing:skip-covered

check: $(VENV)/dev  ## lint, format, types, import directions, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	DJANGO_SETTINGS_MODULE=config.settings.test $(BIN)/python -W ignore manage.py makemigrations --check --dry-run

bench: $(VENV)/dev  ## the figures of the benchmarks, each against a named peer
	@for file in bench/[a-z]*.py; do $(BIN)/python $$file || exit 1; done

format: $(VENV)/dev  ## put every file in the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove the virtual environment and everything make run stored
	rm -rf $(VENV) var .env

$(VENV)/embedded $(VENV)/dev: $(VENV)/%: requirements/%.txt requirements/base.txt requirements/constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Seaworthy needs Python 3.11 with its venv module: on Debian, apt-get install python3.11-venv." >&2; exit 1; }
	@printf 'Installing the requirements, a dot for each ' >&2
	@$(BIN)/python -m pip --disable-pip-version-check install --progress-bar off \
		--requirement requirements/$*.txt --constraint requirements/constraints.txt 2>$(VENV)/install.log \
		| awk '/^Collecting/ { printf "."; fflush() } END { print "" }' >&2 \
		|| { cat $(VENV)/install.log >&2; echo "The requirements could not be installed: see above." >&2; exit 1; }
	@touch $@
