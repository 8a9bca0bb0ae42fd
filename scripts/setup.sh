#!/bin/sh
# Find a Python that the pinned packages run on, and hand over to setup.py. PYTHON=... overrides.
set -u
cd "$(dirname "$0")/.." || exit 1

supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))'
seen=''

try() {
    command -v "$1" >/dev/null 2>&1 || return 1
    # A version manager's stub may stand where no interpreter is: only a run tells.
    version=$("$1" -c 'import platform; print(platform.python_version())' 2>/dev/null) || return 1
    if "$1" -c "$supported"; then return 0; fi
    seen="$seen $1 is $version;"
    return 1
}

# The interpreter of an existing .venv comes first, so that a second run changes nothing.
previous=''
[ -f .venv/pyvenv.cfg ] && previous=$(sed -n 's/^executable = //p' .venv/pyvenv.cfg)

for candidate in ${PYTHON:-"$previous" python3.12 python3.11 python3 python}; do
    if try "$candidate"; then exec "$candidate" -B scripts/setup.py; fi
done

{
    echo 'setup: a suitable Python was not found.'
    echo '  required: Python 3.11 or 3.12 (numpy 1.26 and pyrevm, which are pinned, have no wheels for 3.13)'
    echo "  was:      ${seen:- no working interpreter among ${PYTHON:-python3.12 python3.11 python3 python}}"
    echo '  do:       install Python 3.12, or name one: make setup PYTHON=/path/to/python3.12'
} >&2
exit 1
