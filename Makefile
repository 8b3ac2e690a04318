# make parity   compare scratch_bert with HuggingFace on real trained weights
# make test     every check: lint, types, tests
# Both create the environment in .venv first, and only when it is missing or out of date.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= auto
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := parity
.PHONY: parity test check format clean

parity: $(INSTALLED)
	$(BIN)/parity diff

test: check
	$(BIN)/pytest -n $(WORKERS)

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
