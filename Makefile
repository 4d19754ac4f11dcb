# Everything one does with this repository. "make help" lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

python := .venv/bin/python
stack := $(python) -m devstack

.PHONY: help
help:  ## list what one can do
	@awk -F ':[^#]*##' '/^[a-z-]+:.*##/ { printf "  make %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: setup
setup:  ## make .venv and devstack/node_modules what their lock files say; quick when they are
	@tools/bootstrap.sh

.PHONY: up down reset status logs demo
up: setup  ## start the local stack, migrated and with demo data, and print its addresses and sign-ins
	@$(stack) up

down: setup  ## stop the local stack; its data stays
	@$(stack) down

reset: setup  ## stop the local stack and start it again with fresh data
	@$(stack) reset

status: setup  ## tell which parts run, and the last lines of one that died
	@$(stack) status

logs: setup  ## show the ends of the logs of all parts, or of PART=; FOLLOW=1 goes on
	@$(stack) logs $(if $(FOLLOW),--follow) $(PART)

demo: setup  ## sign in as different people and show what each of them reads, and what happens when they act
	@$(stack) demo

.PHONY: platform-admin
platform-admin: setup  ## make somebody who has signed up at the local stack a platform admin; EMAIL= says who
	@test -n "$(EMAIL)" || { echo "EMAIL= says who" >&2; exit 2; }
	@variables=$$($(stack) env) && eval "$$variables" && $(python) -m admin grant "$(EMAIL)"

.PHONY: smoke verify-isolation bench
smoke: setup  ## check a running stack end to end, the local one or URL=
	@$(stack) smoke $(if $(URL),--url "$(URL)")

verify-isolation: setup  ## try to read and write across organizations on a running stack, the local one or URL=
	@$(stack) verify-isolation $(if $(URL),--url "$(URL)")

bench: setup  ## measure webhook intake, sync and KPI queries, as ratios; ARGS= choose (--only kpis)
	@$(python) -m bench $(ARGS)

.PHONY: test chaos lint format migration
test: setup  ## lint, then every test, on ports of its own beside a running stack; ARGS= go to pytest
	@tools/test.sh $(ARGS)

chaos: setup  ## tell, kill and compare a simulated week; ARGS= name its size and its seed (SEED=7 CALLS=50000 MINUTES=10)
	@$(foreach setting,$(ARGS),VICTORYSYNC_CHAOS_$(setting)) $(python) -m pytest tests/chaos -q

lint: setup  ## check Python and SQL: style, types, migrations
	@tools/lint.sh

format: setup  ## bring Python and SQL into form
	@$(python) -m ruff check --fix-only --quiet .
	@$(python) -m ruff format .
	@$(python) -m sqlfluff fix --quiet sql supabase/tests

migration: setup  ## write the next migration from what changed in sql/; NAME= says what it does
	@$(python) -m tools.migration "$(NAME)"
