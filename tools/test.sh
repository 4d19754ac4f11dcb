#!/usr/bin/env bash
# Checks Python and SQL, then runs every test; with arguments, only what they tell pytest.
set -uo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python

failed=0
tools/lint.sh || failed=1

if (($#)); then
  $python -m pytest "$@" || failed=1
  exit $failed
fi

# The permission matrix is a good third of it: beside the others, on the other core, it costs no time of its own.
matrix_log=$(mktemp)
$python -m pytest tests/isolation >"$matrix_log" 2>&1 &
matrix=$!
trap 'kill $matrix 2>/dev/null; rm -f "$matrix_log"' EXIT

$python -m pytest --ignore=tests/isolation || failed=1
wait $matrix || failed=1
cat "$matrix_log"
exit $failed
