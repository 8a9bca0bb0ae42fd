# pmkit: set-up, build, tests and checks. Everything is installed inside the clone.

PYTHON ?=
ARGS ?=
export PYTHON

PY := .venv/bin/python
# Ape's pytest plugin stays out of pmkit's own tests: it starts a node and takes snapshots around each.
PYTEST := .venv/bin/pytest -p no:ape_test
FORGE := node_modules/.bin/forge
SOLHINT := node_modules/.bin/solhint
CONTRACTS := contracts examples/carry-vault/contracts

# Where Ape and py-solc-x keep what they need, so that the home folder is never touched.
export APE_DATA_FOLDER := $(CURDIR)/.cache/ape
export SOLCX_BINARY_PATH := $(CURDIR)/.cache/solcx

.DEFAULT_GOAL := help

.PHONY: help
help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: setup
setup: ## Install all tools into the clone (PYTHON=python3.12, PMKIT_SOLC=auto|native|npm)
	@sh scripts/setup.sh

.PHONY: build
build: setup ## Compile the contracts to pmkit/artifacts
	@$(PY) scripts/build_contracts.py

.PHONY: demo
demo: build ## Show the whole: supply, borrow, trade, crash, liquidate
	@.venv/bin/pmkit demo

# Both suites run whatever the first says, unless interrupted; the last line is pytest's summary.
.PHONY: test
test: build ## Run all tests but the long ones (ARGS='-k margin' goes to pytest)
	@trap 'exit 130' INT; status=0; \
	.venv/bin/ape test tests/ape -q || status=$$?; \
	$(PYTEST) tests -n auto --dist loadgroup $(ARGS) || status=$$?; \
	exit $$status

.PHONY: test-fast
test-fast: build ## Run the tests that take no time (ARGS='-k margin' goes to pytest)
	@$(PYTEST) tests -m 'not slow and not deep' -n auto --dist loadgroup $(ARGS)

.PHONY: deep
deep: build ## Run every test with many more examples (an hour or so)
	@HYPOTHESIS_PROFILE=deep $(PYTEST) tests -m 'deep or not deep' -n auto --dist loadgroup --timeout 7200 $(ARGS)

# Beside the set-up, since nobody else needs it: mutmut asks for other versions than Ape does.
MUTATION_VENV := .cache/mutation-venv
$(MUTATION_VENV)/.stamp: requirements/mutation.txt | setup
	@$(PY) -m venv --clear $(MUTATION_VENV)
	@$(MUTATION_VENV)/bin/python -m pip install --quiet -r requirements/mutation.txt
	@touch $@

.PHONY: mutate mutate-sol mutate-py
mutate: mutate-sol mutate-py ## Hold the fast tests against mutants of contracts and core (hours)

mutate-sol: build ## Mutants of the Solidity libraries (ARGS='RateMath --most 300')
	@$(PY) scripts/mutate_solidity.py $(ARGS)

mutate-py: build $(MUTATION_VENV)/.stamp ## Mutants of the Python core (ARGS=rates)
	@$(MUTATION_VENV)/bin/python scripts/mutate_python.py $(ARGS)

# Beside the set-up for the same reason: slither asks for other versions of Ethereum's libraries.
SLITHER_VENV := .cache/slither-venv
$(SLITHER_VENV)/.stamp: requirements/slither.txt | setup
	@$(PY) -m venv --clear $(SLITHER_VENV)
	@$(SLITHER_VENV)/bin/python -m pip install --quiet --require-hashes -r requirements/slither.txt
	@touch $@

.PHONY: slither
slither: setup $(SLITHER_VENV)/.stamp ## Let slither read the contracts (minutes; ARGS='--show-ignored-findings')
	@$(PY) scripts/run_slither.py $(ARGS)

.PHONY: bench
bench: build ## Measure gas and speed (ARGS='--blocks 60' for fewer than 1,000)
	@$(PY) -m bench $(ARGS)

.PHONY: speed
speed: build ## Measure the local HyperEVM's speed, into bench/speed.json (ARGS='front start')
	@$(PY) -m bench.speed $(ARGS)

.PHONY: gas
gas: build ## Measure gas beside Morpho Blue and Aave v3, into bench/gas.json
	@$(PY) -m bench.gas

# One target each, so that `make --keep-going check` shows all that is wrong at once.
CHECKS := check-format check-solhint check-ruff check-types check-layers

.PHONY: check $(CHECKS)
check: $(CHECKS) ## Formats, lints, types, layers

check-format: setup
	@echo 'check: formats'; $(FORGE) fmt --check $(CONTRACTS) && .venv/bin/ruff format --check --quiet .

# .solhint.json holds no comments, so its reasons stand here. compiler-version: exact, since artifacts
# and recorded gas depend on it. use-natspec: whatever is public has its sentence (test doubles apart);
# parameters are described where name and type leave a question. The gas-* rules that are off guess from
# the shape of the source what the benchmark measures.
check-solhint: setup
	@echo 'check: solhint'; $(SOLHINT) --noPoster --disc --max-warnings 0 'contracts/**/*.sol' 'examples/*/contracts/*.sol'

check-ruff: setup
	@echo 'check: ruff'; .venv/bin/ruff check --quiet .

check-types: setup
	@echo 'check: types'; .venv/bin/mypy

check-layers: setup
	@echo 'check: layers'; .venv/bin/lint-imports --no-logo

.PHONY: fmt
fmt: setup ## Format all sources
	@$(FORGE) fmt $(CONTRACTS)
	@.venv/bin/ruff check --quiet --fix-only .
	@.venv/bin/ruff format --quiet .

.PHONY: dist
dist: build ## Build both wheels into dist
	@rm -rf dist
	@$(PY) -m hatchling build --target wheel -d dist
	@$(PY) -m pip wheel --quiet --no-deps --no-build-isolation --no-index -w dist ./ape_pmkit
	@rm -rf ape_pmkit/build

.PHONY: locks
locks: ## Renew the lock files (maintainers; needs uv)
	@$(PY) scripts/setup_locks.py

.PHONY: clean
clean: ## Remove everything that the other targets made
	rm -rf .venv node_modules bench/node_modules .cache .build dist contracts/.cache pmkit/artifacts
	rm -rf .hypothesis
