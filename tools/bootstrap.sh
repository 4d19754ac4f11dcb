#!/usr/bin/env bash
# Makes .venv and devstack/node_modules what their lock files say. Needs Python 3.11+ and Node 20+, and no root.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  printf '\n%s\n' "$1" >&2
  exit 1
}

find_python() {
  local candidate
  for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 python; do
    if command -v "$candidate" > /dev/null &&
      "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
      command -v "$candidate"
      return
    fi
  done
  fail "Python 3.11 or newer is needed and was not found. Install it, or name one: make PYTHON=/path/to/python3.11 …"
}

check_node() {
  command -v node > /dev/null && command -v npm > /dev/null ||
    fail "Node 20 or newer, with npm, is needed and was not found. Install it from https://nodejs.org."
  local major
  major=$(node --print 'process.versions.node.split(".")[0]')
  [ "$major" -ge 20 ] || fail "Node 20 or newer is needed; this is $(node --version)."
}

lock=$(sha256sum requirements.txt 2> /dev/null || shasum -a 256 requirements.txt)
if [ "$(cat .venv/.installed 2> /dev/null)" != "$lock" ]; then
  python=$(find_python)
  check_node
  echo "Python packages, into .venv of $("$python" --version):"
  [ -x .venv/bin/python ] || "$python" -m venv .venv ||
    fail "$python cannot make virtual environments. On Debian and Ubuntu the package python3-venv is missing."
  .venv/bin/python -m pip install --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
  echo "$lock" > .venv/.installed
fi

.venv/bin/python -m tools.packages
