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
rest=("${beside[@]/#/--ignore=}")
kept=$(mktemp -d)
is_ci=$([ "${CI:-}" = true ] && echo yes)

$python -m pytest ${is_ci:+-o cache_dir="$kept/beside"} "${beside[@]}" >"$kept/log" 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null && wait $pid; rm -rf "$kept"' EXIT

$python -m pytest ${is_ci:+-o cache_dir="$kept/rest"} "${rest[@]}"
rest_ended=$?
wait $pid
beside_ended=$?
cat "$kept/log"

if [ -z "$is_ci" ]; then
  ((rest_ended || beside_ended)) && failed=1
else
  $python -m tools.again "$kept/rest" $rest_ended "${rest[@]}" || failed=1
  $python -m tools.again "$kept/beside" $beside_ended "${beside[@]}" || failed=1
fi
exit $failed
