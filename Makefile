# One command each; `make help` lists them. Needs Python 3.11 or newer with venv, and make. Nothing else.

PORT ?= 8080
PACKAGES ?= ../shared/igs
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
SUPPLY := $(VENV)/supply/.installed
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)

.DEFAULT_GOAL := help
.PHONY: help run test check types docs bench compare sbom audit fuzz

help: ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 10

run: export FHIR_UM_MODE := sandbox
run: export FHIR_UM_PORT := $(PORT)
run: $(INSTALLED) ## install, migrate, load invented people, serve the sandbox (PORT=8080)
	@$(BIN)/fhir-um migrate
	@$(BIN)/fhir-um seed
	@exec $(BIN)/fhir-um serve

test: $(INSTALLED) ## run every test (ARGS= goes to pytest)
	$(BIN)/pytest -q -n auto --dist worksteal $(ARGS)

check: $(INSTALLED) ## format, lint, types, import contracts, tests: what CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@$(MAKE) --no-print-directory --jobs=2 types test

types: $(INSTALLED)
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(INSTALLED) ## rewrite the generated documents (settings, conformance, access, stories, modules)
	@$(BIN)/python -m tools.settings_table
	@$(BIN)/python -m tools.conformance
	@$(BIN)/python -m tools.conformance_crd
	@$(BIN)/python -m tools.access_matrix
	@$(BIN)/python -m tools.um_page
	@$(BIN)/python -m tools.story_table
	@$(BIN)/python -m tools.module_map

fuzz: SECONDS ?= 60
fuzz: SEED ?= 1
fuzz: $(INSTALLED) ## damage messages and look what becomes of them (SECONDS=60 SEED=1)
	$(BIN)/python -m tools.fuzz --seconds $(SECONDS) --seed $(SEED)
	FUZZ_EXAMPLES=$$(( $(SECONDS) / 4 + 4 )) FUZZ_SEED=$(SEED) $(BIN)/pytest -q -n 0 tests/running/test_schemathesis.py

bench: $(INSTALLED) ## measure throughput and latency on this machine
	$(BIN)/python -m bench.run $(ARGS)

compare: $(INSTALLED) ## hold the profile checker beside other libraries (fetches them; PACKAGES=folder of guides)
	@test -x $(VENV)/comparison/bin/python || $(PYTHON) -m venv $(VENV)/comparison
	@$(VENV)/comparison/bin/python -m pip install --quiet --disable-pip-version-check -e '.[comparison]'
	$(BIN)/python -m tools.library_comparison --packages $(PACKAGES) --python $(VENV)/comparison/bin/python $(ARGS)

sbom: $(INSTALLED) $(SUPPLY) ## write var/sbom.json (CycloneDX) and show the licence of every package the program runs with
	$(BIN)/python -m tools.supply sbom --programs $(VENV)/supply/bin

audit: $(INSTALLED) $(SUPPLY) ## ask a database of known vulnerabilities about every pinned package
	$(BIN)/python -m tools.supply audit --programs $(VENV)/supply/bin

$(SUPPLY):
	@test -x $(VENV)/supply/bin/python || $(PYTHON) -m venv $(VENV)/supply
	@$(VENV)/supply/bin/python -m pip install --quiet --disable-pip-version-check -e '.[supply]'
	@touch $@

$(INSTALLED): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/it"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked dependencies into $(VENV) (once; it takes a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
