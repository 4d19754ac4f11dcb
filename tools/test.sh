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

# What waits for Postgres and for other programs most of the time is run beside the rest, on the other core.
beside=(tests/isolation tests/integration/simulator tests/integration/sync)
log=$(mktemp)
$python -m pytest "${beside[@]}" >"$log" 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null; rm -f "$log"' EXIT

$python -m pytest "${beside[@]/#/--ignore=}" || failed=1
wait $pid || failed=1
cat "$log"
exit $failed
