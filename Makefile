# Pickguard's tasks. `make` alone lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
export UV_PROJECT_ENVIRONMENT := $(VENV)
# the machine's own certificates, as pip and the browser use them (the second name is for older uv)
export UV_SYSTEM_CERTS := 1
export UV_NATIVE_TLS := 1
# as pip does: where nothing writes bytecode later, every start would compile every library anew
export UV_COMPILE_BYTECODE := 1
unexport DJANGO_SETTINGS_MODULE

.PHONY: help
help:  ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Pickguard needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 ...") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV) || { echo "Could not make a virtual environment. On Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(VENV)/.core: pyproject.toml | $(VENV)/bin/python
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@$(BIN)/python -m compileall -q src
	@touch $@

$(VENV)/.dev: pyproject.toml uv.lock | $(VENV)/bin/python
	@$(BIN)/pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv sync --quiet --locked --all-extras --inexact
	@if command -v mariadb_config >/dev/null 2>&1; then $(BIN)/uv sync --quiet --locked --all-extras --group mariadb --inexact; fi
	@$(BIN)/python -m compileall -q src
	@touch $@ $(VENV)/.core

.PHONY: demo
demo: $(VENV)/.core  ## set up and scan a site that breaks every lesson
	@$(BIN)/pickguard scan examples/leaky; status=$$?; \
	if [ $$status -gt 1 ]; then exit $$status; fi; \
	echo; echo "That was examples/leaky; examples/sound is the same site, mended."

.PHONY: setup
setup: $(VENV)/.dev  ## make the developer's environment in .venv

.PHONY: test
test: $(VENV)/.dev  ## set up and run the tests
	$(BIN)/python -m pytest -n auto $(ARGS)

.PHONY: lint
lint: $(VENV)/.dev  ## check style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: $(VENV)/.dev  ## format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: grammar
grammar: $(VENV)/.dev  ## make the query language's tables from its grammar
	$(BIN)/python -m pickguard.query.syntax.generate

.PHONY: messages
messages: $(VENV)/.dev  ## collect the messages to translate, and compile the translations
	@mkdir -p build
	$(BIN)/pybabel -q extract -k N_ --no-location --sort-output -o build/query.pot src/pickguard/query
	$(BIN)/pybabel -q update -D query -d src/pickguard/query/locale -i build/query.pot --no-fuzzy-matching --ignore-obsolete
	$(BIN)/pybabel -q compile -D query -d src/pickguard/query/locale
	$(BIN)/pybabel -q compile -D django -d src/pickguard/search/locale
	$(BIN)/pybabel -q compile -D django -d src/pickguard/attempts/locale

.PHONY: services
services:  ## tell which servers the tests use and whether they answer
	@for s in PostgreSQL:5432 MariaDB:3306 Redis:6379; do \
	  if $(PYTHON) -c "import socket,sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 1)" $${s#*:} 2>/dev/null; \
	  then echo "  $${s%:*} answers on 127.0.0.1:$${s#*:}"; \
	  else echo "  $${s%:*} does not answer on 127.0.0.1:$${s#*:}; on Debian: apt install $$(echo $${s%:*} | sed 's/PostgreSQL/postgresql/;s/MariaDB/mariadb-server/;s/Redis/redis-server/') and start it"; fi; done

.PHONY: clean
clean:  ## remove what the other tasks made
	rm -rf $(VENV) .venv-* build dist docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: docs
docs: $(VENV)/.dev  ## build the documentation into docs/_build
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build

WHEEL_VENV := .venv-wheel
.PHONY: test-wheel
test-wheel: $(VENV)/.dev  ## test the built wheel, without src, on the newest Django
	rm -rf dist $(WHEEL_VENV) && $(BIN)/uv build --quiet --wheel
	$(BIN)/uv venv --quiet --python $(PYTHON) $(WHEEL_VENV)
	VIRTUAL_ENV=$(WHEEL_VENV) $(BIN)/uv pip install --quiet "$$(ls dist/*.whl)[all]" --group test $$(command -v mariadb_config >/dev/null && echo --group mariadb)
	rm -rf build/wheel-tests && mkdir -p build/wheel-tests && cp -r tests examples docs *.md Makefile pyproject.toml build/wheel-tests/
	cd build/wheel-tests && env -u DJANGO_SETTINGS_MODULE ../../$(WHEEL_VENV)/bin/python -m pytest -n auto $(ARGS)
