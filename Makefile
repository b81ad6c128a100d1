# Two commands, from a fresh clone: `make train` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: train test lint types clean

train: $(INSTALLED)
	$(BIN)/python -m spacy project run all

test: $(INSTALLED) lint types
	$(BIN)/python -m pytest

lint: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: $(INSTALLED)
	$(BIN)/mypy

# The file stands for an environment that matches the metadata and the pinned versions.
$(INSTALLED): setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev,benchmarks]"
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info training metrics packages visuals
