# Two commands on a fresh machine: `make demo` and `make test`. Both set up .venv by themselves.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# make test PEERS=1 also installs PyTorch and JAX and runs the tests against them.
PEERS  ?=

TORCH  := torch==2.13.0
JAX    := jax==0.10.2 jaxlib==0.10.2
# The tests run side by side, one per processor: more threads of linear algebra only wait for each other.
ONE_THREAD := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
INPUTS := pyproject.toml constraints.txt

.PHONY: help demo test check format docs bench clean

help: ## Show this help.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-8s %s\n", $$1, $$2}'

demo: $(VENV)/.all ## Train on real digits, save the model and pictures.
	$(BIN)/python examples/demo.py

test: $(VENV)/.dev $(if $(PEERS),$(VENV)/.peers) ## Run the whole test-suite (PEERS=1: against PyTorch and JAX too).
	$(ONE_THREAD) $(BIN)/pytest -n auto

check: $(VENV)/.dev ## Lint, format, types, import rules, the documented command line.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/write_cli_docs.py --check

format: $(VENV)/.dev ## Format the code and mend what ruff can mend.
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(VENV)/.dev ## Rewrite the generated pages and pictures of the documentation.
	$(BIN)/python scripts/write_cli_docs.py
	$(BIN)/python scripts/draw_docs_pictures.py

bench: $(VENV)/.all $(if $(PEERS),$(VENV)/.peers) ## Time the trainer beside NumPy and scikit-learn (PEERS=1: PyTorch and JAX too).
	$(BIN)/pellucid bench $(BENCH)

clean: ## Remove the environment and everything that was made.
	rm -rf $(VENV) build dist runs .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find src -name '*.egg-info' -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "pellucid needs Python 3.11 or newer: make PYTHON=python3.x")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.all: $(VENV)/.made $(INPUTS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[all]'
	@touch $@

$(VENV)/.dev: $(VENV)/.made $(INPUTS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[all,dev]'
	@touch $@ $(VENV)/.all

$(VENV)/.peers: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(TORCH) $(JAX)
	@touch $@
