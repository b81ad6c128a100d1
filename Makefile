# From a fresh clone: `make train` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: train test model fuzz lint types clean

train: $(INSTALLED)
	$(BIN)/python -m spacy project run all

test: $(INSTALLED) lint types
	$(BIN)/python -m pytest

# The first example of README.md, in an environment that has what README.md says and no more.
model:
	rm -rf build/model
	$(PYTHON) -m venv build/model
	build/model/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt . models/*.whl
	cd build/model && bin/python ../../tests/first_example.py

# Each fuzzer for ten minutes; in `make test` it is seconds.
fuzz: $(INSTALLED)
	FUZZ_SECONDS=600 $(BIN)/python -m pytest -s tests/fuzz

lint: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: $(INSTALLED)
	$(BIN)/mypy

# The file says that the environment has what setup.cfg asks for, in the versions of constraints.txt.
# PIP_EXTRA_INDEX_URL in the environment makes pip find torch's build for CPUs: README.md, Install.
$(INSTALLED): setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev,benchmarks]"
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info training metrics packages visuals
