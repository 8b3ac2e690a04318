# make parity   compare scratch_bert with HuggingFace on real trained weights
# make test     with every change: lint, types, and the tests that need little time; two to four minutes
# make test-thorough   lint, types, and every case of every test; six to fifteen minutes
# make self-test   inject every known mistake; check that it is caught and named; five to fifteen minutes
# make mutation-score   standard mutants of models, a tokenizer and trainings: how many are killed,
#                       located and named; PUBLIC=FOLDER adds a public model; 1500 take two hours
# make notebooks   the notebooks from their scripts, with what they print and draw
# make test-transformers-4   what depends on HuggingFace, against transformers 4.57
# Each creates its environment first, in .venv or .venv-transformers-4, and only when that is
# missing or out of date.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= auto
IN_PARALLEL := -n $(WORKERS) --dist worksteal
INSTALLED := $(VENV)/.installed
VENV_4 ?= .venv-transformers-4
INSTALLED_4 := $(VENV_4)/.installed

# Tests start many processes, which read compiled modules where they may be kept.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := parity
.PHONY: parity test test-thorough self-test mutation-score notebooks test-transformers-4 check format clean

parity: $(INSTALLED)
	$(BIN)/parity diff

test: check
	$(BIN)/pytest $(IN_PARALLEL)

test-thorough: check
	$(BIN)/pytest $(IN_PARALLEL) --thorough

self-test: $(INSTALLED)
	$(BIN)/parity self-test -o self-test.html

mutation-score: $(INSTALLED)
	$(BIN)/python tools/mutation_score.py run --seed C --number 1500 \
		--results mutation-score.jsonl $(if $(PUBLIC),--public $(PUBLIC))
	$(BIN)/python tools/mutation_score.py score --results mutation-score.jsonl

notebooks: $(INSTALLED)
	$(BIN)/python tools/make_notebooks.py

test-transformers-4: $(INSTALLED_4)
	$(VENV_4)/bin/pytest $(IN_PARALLEL) --thorough tests/reference tests/parity

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

$(INSTALLED_4): pyproject.toml constraints-transformers-4.txt
	$(PYTHON) -m venv $(VENV_4)
	$(VENV_4)/bin/python -m pip install --quiet --constraint constraints-transformers-4.txt \
		--editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) $(VENV_4) .mypy_cache .pytest_cache .ruff_cache .hypothesis
