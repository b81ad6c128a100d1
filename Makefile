# From a fresh clone: `make train` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
SPARK := build/spark

.PHONY: train test model spark fuzz lint types clean

train: $(INSTALLED)
	$(BIN)/python -m spacy project run all

# A process for each core; the tests of a file stay together, since they share what they train.
test: $(INSTALLED) lint types
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

# The first example of README.md, in an environment that has what README.md says and no more.
model:
	rm -rf build/model
	$(PYTHON) -m venv build/model
	build/model/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt . models/*.whl
	cd build/model && bin/python ../../tests/first_example.py

# The example of Spark beside the local engine. It needs Java, and pyspark is too large for .venv.
spark: $(INSTALLED) $(SPARK)/.installed
	PYTHONPATH=$(CURDIR)/$(SPARK) $(BIN)/python -m pytest tests/examples/test_spark.py

$(SPARK)/.installed: examples/spark/requirements.txt constraints.txt | $(INSTALLED)
	@"$${JAVA_HOME:+$$JAVA_HOME/bin/}java" -version 2>/dev/null || { \
		echo "Spark needs Java 17 or newer. Install it, or set JAVA_HOME." >&2; exit 1; }
	rm -rf $(SPARK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--target $(SPARK) --requirement examples/spark/requirements.txt
	touch $@

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
