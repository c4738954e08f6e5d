# Two commands matter: `make run` and `make test`. Both make what they need; `make help` lists the rest.

PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
PIP    := $(PY) -m pip --disable-pip-version-check -qq
DESKGATE := $(PY) -m deskgate
# uv installs a lock in seconds where pip takes a minute; where it cannot, as with an index only pip knows of, pip does.
install = $(PY) -m uv pip install --quiet --compile-bytecode --python $(PY) --require-hashes -r $(1) 2>$(VENV)/uv.log || \
	$(PIP) install --require-hashes -r $(1)
# Images for containers like to set it, and then each of the hundred processes of a run compiles all it imports.
unexport PYTHONDONTWRITEBYTECODE
SAMPLE := deskgate/sample-accounts.json

# Stamps: each says that the lock beside it is installed, so that a second call starts at once.
READY_TO_RUN  := $(VENV)/.ready-to-run
READY_TO_TEST := $(VENV)/.ready-to-test

# make test T=tests/authz ARGS="-k golden -x"
T    := tests
ARGS :=
PYTEST = pytest --numprocesses=auto --maxprocesses=4 --dist=worksteal $(T) $(ARGS)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-all golden data-model pictures check format lock upgrade clean notice-kills pin-storm pin-kills pin-timing slack-storm slack-ack cluster capacity load chaos day release bench flips soak mutants coverage

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(READY_TO_RUN) deskgate.db ## start the service on loopback, with sample accounts in a new SQLite database (PORT=8123: there)
	@$(DESKGATE) serve$(if $(PORT), --port $(PORT))

test: $(READY_TO_TEST) ## run the tests (some: make test T=tests/authz ARGS="-k golden")
	@$(PY) -m $(PYTEST)

test-all: override ARGS += --everything
test-all: test ## the same with every test on both databases, and all examples: before a release

golden: $(READY_TO_TEST) ## record anew every word people meet: after words were changed on purpose
	@GOLDEN=record $(PY) -m pytest -n 0 -q tests/golden

data-model: $(READY_TO_TEST) ## draw docs/data-model.md anew: after a table or a column was changed
	@$(PY) -m tests.house.data_model

pictures: $(READY_TO_TEST) ## draw the pictures of the desk's page and the account's in docs/images anew: after their look was changed
	@$(PY) -m tests.portal.pictures

check: $(READY_TO_TEST) ## formatting, lint, types, layers
	$(PY) -m ruff format --check --output-format concise
	$(PY) -m ruff check --output-format concise
	$(PY) -m mypy
	$(VENV)/bin/lint-imports --no-cache --no-logo

coverage: $(READY_TO_TEST) ## what of each package the tests enter, and the functions they never do (some: make coverage T=tests/ivr)
	@rm -rf .coverage
	-@$(PY) -m coverage run -m $(PYTEST) -p tests.covered
	@$(PY) -m coverage combine --quiet
	@$(PY) -m tests.covered

format: $(READY_TO_TEST) ## write the code as `check` wants it
	$(PY) -m ruff check --fix-only
	$(PY) -m ruff format

pin-storm: $(READY_TO_TEST) ## ten thousand guesses at one PIN, all at once
	$(PY) -m benchmarks.pin_storm

pin-kills: $(READY_TO_TEST) ## processes killed in the middle of a PIN attempt give none away
	$(PY) -m benchmarks.pin_kills

notice-kills: $(READY_TO_TEST) ## ten thousand notices by mail, the service killed, then stopped, all the while
	$(PY) -m benchmarks.notice_kills

pin-timing: $(READY_TO_TEST) ## every class of refusal takes the same time
	$(PY) -m benchmarks.pin_timing

slack-storm: $(READY_TO_TEST) ## ten thousand messages in Slack, delivered again and again, the service killed all the while
	$(PY) -m benchmarks.slack_storm

slack-ack: $(READY_TO_TEST) ## how soon Slack hears from us while its own API hangs
	$(PY) -m benchmarks.slack_ack

load: $(READY_TO_TEST) ## calls, PINs, tickets and open pages from outside, ten minutes; five times as much; nothing lost (some: make load ARGS="--ladder")
	$(PY) -m reliability.load $(ARGS)

day: $(READY_TO_TEST) ## a day in an hour: memory, file handles, threads and the database flat; then weeks pass, and what is old goes (less: make day ARGS="--minutes 5")
	$(PY) -m reliability.day $(ARGS)

release: $(READY_TO_TEST) ## what is committed as a release, into dist/: make release VERSION=0.1.0 (TAG=yes: and the tag)
	@$(PY) deploy/release.py $(or $(VERSION),$(error say which: make release VERSION=0.1.0)) $(if $(TAG),--tag)

cluster: $(READY_TO_TEST) ## machines lost under load: PostgreSQL under Patroni, HAProxy, web processes; as root, some ten minutes
	reliability/cluster/install.sh
	$(PY) -m reliability.cluster

capacity: $(READY_TO_TEST) ## what a ticket and a call cost, and how far one PostgreSQL carries
	$(PY) -m reliability.capacity

chaos: $(READY_TO_TEST) ## statements, calls and mails that fail, kills at every named point, a full disk: hours (FAULTS="--every 5" KILLS="--every 9" MACHINE="--every 4")
	$(PY) -m reliability.faults $(FAULTS)
	$(PY) -m reliability.kills $(KILLS)
	$(PY) -m reliability.machine_faults $(MACHINE)

soak: $(READY_TO_TEST) ## what the suite tries by the hundred, by the ten thousand: forged webhooks, withdrawals, removals, words, guesses
	SOAK_FORGED=100000 SOAK_REVOCATIONS=2500 SOAK_REMOVALS=1000 SOAK_WORDS=5000 SOAK_SPRAY=10000 SOAK_REQUESTS=1000 $(PY) -m pytest \
		-o faulthandler_timeout=7200 tests/api/test_schemathesis.py tests/ivr/test_forged.py tests/store/test_revoked.py tests/bot/test_injected.py tests/ivr/test_spray.py

mutants: $(READY_TO_TEST) ## break authz and the PIN guard in one small place after the other, and see a test notice
	$(PY) -m benchmarks.mutants

bench: $(READY_TO_TEST) ## all measurements
	$(PY) -m benchmarks.all

flips: $(READY_TO_TEST) ## flip every cell of every scheme, one by one, and see a test go red
	$(PY) tests/authz/flip_cells.py

# The second lock holds only what the first does not, and begins by naming it.
PIN = $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
      $(UPGRADE) pyproject.toml

lock: $(READY_TO_TEST) ## pin what pyproject.toml names, with hashes
	$(PIN) --group build --output-file requirements.txt
	$(PIN) --group dev --constraint requirements.txt --output-file requirements-dev.txt \
		$$(sed -n 's/^\([a-z0-9.-]*\)==.*/--no-emit-package \1/p' requirements.txt)
	@{ echo '-r requirements.txt'; cat requirements-dev.txt; } >requirements-dev.tmp
	@mv requirements-dev.tmp requirements-dev.txt
	@echo uv | $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--constraint requirements-dev.txt - --output-file requirements-uv.txt

upgrade: UPGRADE = --upgrade
upgrade: lock ## the same, with the newest versions that are a week old

clean: ## remove the virtual environment and all caches; the database stays
	rm -rf $(VENV) dist .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- what the commands above need

# Named so that a database of the operator's own is never filled with sample people.
deskgate.db: export DATABASE_URL = sqlite:///deskgate.db
deskgate.db: | $(READY_TO_RUN)
	@$(DESKGATE) migrate
	@$(DESKGATE) import $(SAMPLE) --known-since 2026-01-01

# pip is the last thing that appears in a new venv, so half a venv is made again.
$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; v = sys.version_info; v < (3, 11) and sys.exit("Deskgate needs Python 3.11 or newer, and\
	 this is %d.%d. Name another: make PYTHON=python3.12" % v[:2])'
	@echo "Making $(VENV) and installing the pinned packages: half a minute, once."
	@$(PYTHON) -m venv $(VENV)

$(READY_TO_RUN): requirements.txt requirements-uv.txt pyproject.toml | $(VENV)/bin/pip
	@$(PIP) install --require-hashes -r requirements-uv.txt
	@$(call install,requirements.txt)
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(READY_TO_TEST): requirements-dev.txt $(READY_TO_RUN)
	@$(call install,requirements-dev.txt)
	@touch $@
