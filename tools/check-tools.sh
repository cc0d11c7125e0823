#!/bin/sh
# Says what this machine lacks for the set-up, and how to get it. Argument: the Python to use.
python=$1
fail() {
  echo "ionet-edge: $1" >&2
  exit 1
}

command -v "$python" >/dev/null ||
  fail "$python was not found. Install Python 3.11 or newer (Debian: apt install python3-venv; macOS: brew install python), or name one: make PYTHON=python3.12"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  fail "$python is $("$python" --version); 3.11 or newer is needed. Install one (macOS: brew install python) and name it: make PYTHON=python3.12"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
  fail "$python cannot make environments. Install its venv module (Debian: apt install python3-venv)"
command -v npm >/dev/null ||
  fail "npm was not found. Install Node.js with npm (Debian: apt install npm; macOS: brew install node; or https://nodejs.org)"
