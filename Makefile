# `make demo` and `make test` set everything up on a fresh machine, then do their job.
PYTHON ?= python3
CORES ?= 2
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check

.PHONY: demo test soak lock format clean

demo: .venv/study
	$(BIN)/threearc run --configfile config/demo.yaml --cores $(CORES)
	@echo "The report: $(CURDIR)/results/report.html"

test: .venv/test
	$(BIN)/python -m pytest -n $(CORES)

# Long proofs, for before a release: what the tests show in short on more worlds, seeds and studies.
soak: .venv/test
	$(BIN)/python -m pytest -n $(CORES) -m soak -rP

format: .venv/test
	$(BIN)/ruff format . && $(BIN)/ruff check --fix . && $(BIN)/snakefmt Snakefile rules

lock: .venv/test
	$(PIP) -r requirements/study.in -r requirements/test.in
	$(BIN)/python requirements/lock.py

clean:
	rm -rf .venv .snakemake results/* .pytest_cache .mypy_cache .ruff_cache

.venv/study: requirements/study.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) -r requirements/study.lock
	$(PIP) --no-deps --editable .
	@touch $@

.venv/test: .venv/study requirements/test.lock
	$(PIP) -r requirements/test.lock
	@touch $@
