# Two commands on a fresh machine: `make demo` and `make test`. Both set up .venv by themselves.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# make test PEERS=1 also installs PyTorch, JAX and Dask and runs the tests against them.
PEERS  ?=
# make test GRADERS=1 installs nbgrader and Otter, and runs the recipes of docs/teachers.md in them.
GRADERS ?=

TORCH  := torch==2.13.0
JAX    := jax==0.10.2 jaxlib==0.10.2
DASK   := dask==2026.8.0 distributed==2026.8.0
GRADING := nbgrader==0.9.6 otter-grader==7.0.0
# The tests run side by side, one per processor: more threads of linear algebra only wait for each other.
ONE_THREAD := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
INPUTS := pyproject.toml constraints.txt
ENGINE := CMakeLists.txt $(wildcard native/*.cpp native/*.hpp)

PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
# Not isolated: the build tools are the pinned ones of .tools, and only what changed is compiled again.
EDIT   := $(PIP) --no-build-isolation
# Who changes the C++ wants to see its errors: where there is a compiler, and Python's headers, it has to compile.
COMPILES := echo 'int main() {}' | $${CXX:-c++} -std=c++20 -x c++ -fsyntax-only - 2>/dev/null
HEADERS := $(BIN)/python -c 'import sysconfig; open(sysconfig.get_path("include") + "/Python.h")' 2>/dev/null
DEMAND := if $(COMPILES) && $(HEADERS); then export PELLUCID_REQUIRE_NATIVE=1; fi;
CMAKE  := PATH="$(CURDIR)/$(BIN):$$PATH" cmake
# The sanitizers see as much at -O1, which compiles in a third of the time.
QUICK  := -DCMAKE_CXX_FLAGS_RELWITHDEBINFO='-O1 -g1'
JOBS   := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

# What a change breaks first, in seconds: the mathematics, the steps of both engines, a few short trainings.
QUICK_TESTS := $(addprefix tests/core/test_,exercises.py linear.py activations.py cost.py update.py optimizers.py) \
	tests/engines/test_steps.py tests/test_network.py tests/test_optimizer.py tests/training/test_schedules.py
# Some of the fifty steps of each engine, no whole series, and nothing that imports PyTorch or JAX, which takes as long.
QUICK_ONES := not published_series and not torch and not jax and not autograd and (not fifty_steps or numpy-float64-11)
LOWEST := build/lowest

.PHONY: help demo quick test crash jax processors lowest check format docs bench native native-test sanitize clean

help: ## Show this help.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-12s %s\n", $$1, $$2}'

demo: $(VENV)/.all $(VENV)/.native ## Train on real digits, save the model and pictures.
	$(BIN)/python examples/demo.py

test: $(VENV)/.dev $(VENV)/.native $(if $(PEERS),$(VENV)/.peers) $(if $(GRADERS),$(VENV)/.graders) ## Run the whole test-suite (PEERS=1: against PyTorch and JAX too).
	$(ONE_THREAD) $(BIN)/pytest -n auto

quick: $(VENV)/.dev $(VENV)/.native ## Run some fast tests, in seconds, while one works.
	$(ONE_THREAD) $(BIN)/pytest -p no:cacheprovider -k '$(QUICK_ONES)' $(QUICK_TESTS)

jax: $(VENV)/.peers $(VENV)/.native ## Run all tests on the JAX engine; make test PEERS=1 runs a part of them.
	PELLUCID_JAX_TESTS=all $(ONE_THREAD) $(BIN)/pytest -n auto -k jax tests/engines tests/training tests/tracing tests/test_series.py tests/cli

processors: $(VENV)/.dev $(VENV)/.native ## Run the numerical tests as older processors would (SHORT=1: a part of them).
	$(ONE_THREAD) $(BIN)/python scripts/numerical_tests.py --processors $(if $(SHORT),--short) -n auto

lowest: $(LOWEST)/.made ## Run the numerical tests with the lowest versions that are allowed (SHORT=1: a part of them).
	$(ONE_THREAD) $(LOWEST)/bin/python scripts/numerical_tests.py $(if $(SHORT),--short) -n auto -o filterwarnings=

crash: $(VENV)/.dev $(VENV)/.native ## Kill trainings 500 times and more, at every call of a checkpoint's writer, and go on.
	PYTHONPATH=tests $(ONE_THREAD) $(BIN)/python -m crash.crashes

check: $(VENV)/.dev ## Lint, format, types, import rules, spelling, the generated documentation.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/python scripts/write_cli_docs.py --check
	$(BIN)/python scripts/write_options.py --check

format: $(VENV)/.dev ## Format the code and mend what ruff can mend.
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(VENV)/.dev ## Rewrite the generated pages and pictures of the documentation.
	$(BIN)/python scripts/write_cli_docs.py
	$(BIN)/python scripts/write_options.py
	$(BIN)/python scripts/draw_docs_pictures.py
	$(BIN)/python scripts/write_causes_page.py
	$(BIN)/python scripts/write_corpus_page.py

bench: $(VENV)/.all $(VENV)/.native $(if $(PEERS),$(VENV)/.peers) ## Time the trainer beside NumPy and scikit-learn (PEERS=1: PyTorch and JAX too).
	$(BIN)/python -m benchmarks --works --drop-in --ratios $(BENCH)

native: $(VENV)/.all ## Compile the native engine; what did not change is not compiled again.
	$(call need-compiler)
	PELLUCID_REQUIRE_NATIVE=1 $(EDIT) --no-deps -e .
	@touch $(VENV)/.native

native-test: $(VENV)/.tools ## Run the C++ test program; a warning is an error.
	$(call build-native-tests,plain,Release,-DPELLUCID_STRICT=ON)
	build/plain/native_tests

sanitize: $(VENV)/.tools ## Run the C++ test program under the sanitizers of addresses, undefined behaviour, threads.
	$(call build-native-tests,address,RelWithDebInfo,'-DPELLUCID_SANITIZE=address;undefined' $(QUICK))
	build/address/native_tests
	$(call build-native-tests,thread,RelWithDebInfo,-DPELLUCID_SANITIZE=thread $(QUICK))
	build/thread/native_tests threads

clean: ## Remove the environment and everything that was made.
	rm -rf $(VENV) build dist runs .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find src -name '*.egg-info' -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "pellucid needs Python 3.11 or newer: make PYTHON=python3.x")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

# CMake and Ninja come from the index where the machine has none.
$(VENV)/.tools: $(VENV)/.made constraints.txt
	$(PIP) scikit-build-core nanobind $$(command -v cmake >/dev/null || echo cmake) $$(command -v ninja >/dev/null || echo ninja)
	@touch $@

$(VENV)/.all: $(VENV)/.tools $(INPUTS)
	$(EDIT) -e '.[all]'
	@touch $@ $(VENV)/.native

$(VENV)/.dev: $(VENV)/.tools $(INPUTS)
	$(DEMAND) $(EDIT) -e '.[all,dev]'
	@touch $@ $(VENV)/.all $(VENV)/.native

$(VENV)/.native: $(ENGINE) | $(VENV)/.all
	$(DEMAND) $(EDIT) --no-deps -e .
	@touch $@

$(VENV)/.peers: $(VENV)/.dev
	$(PIP) $(TORCH) $(JAX) $(DASK)
	@touch $@

$(VENV)/.graders: $(VENV)/.dev
	$(PIP) $(GRADING)
	@touch $@

# An environment of its own, of Python 3.11: the lowest versions have no wheels for later ones.
$(LOWEST)/.made: pyproject.toml constraints-lowest.txt $(ENGINE) | $(VENV)/.tools
	$$(command -v python3.11 || echo $(PYTHON)) -m venv --clear $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints-lowest.txt \
		scikit-build-core nanobind pytest pytest-xdist hypothesis pandas polars
	PATH="$(CURDIR)/$(BIN):$$PATH" $(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check \
		-c constraints-lowest.txt --no-build-isolation -C build-dir=build/lowest-native -e '.[all]'
	@touch $@

define need-compiler
	@$(COMPILES) || { echo "make $@ needs a C++20 compiler: install g++ or clang++, or name one in CXX" >&2; exit 2; }
endef

# Build the C++ test program: $(1) its folder under build/, $(2) the build type, $(3) more options.
define build-native-tests
	$(call need-compiler)
	$(CMAKE) -S . -B build/$(1) -G Ninja -DCMAKE_BUILD_TYPE=$(2) -DPELLUCID_MODULE=OFF -DPELLUCID_TESTS=ON $(3)
	$(CMAKE) --build build/$(1) --parallel $(JOBS)
endef
