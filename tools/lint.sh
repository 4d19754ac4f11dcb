#!/usr/bin/env bash
# Checks Python and SQL without running them. Goes on after a failure, so that one run shows everything.
set -uo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python

failed=()
check() {
  local name=$1
  shift
  echo "── $name"
  "$@" || failed+=("$name")
}

check "ruff: errors" $python -m ruff check --quiet .
check "ruff: format" $python -m ruff format --check --quiet .
check "mypy" $python -m mypy
check "sqlfluff" $python -m sqlfluff lint --disable-progress-bar sql supabase/tests
check "squawk: migrations" devstack/node_modules/@squawk-cli/*/bin/squawk --reporter gcc supabase/migrations/*.sql

if [ ${#failed[@]} -gt 0 ]; then
  echo "Lint failed: $(IFS=,; echo "${failed[*]}")" >&2
  exit 1
fi
