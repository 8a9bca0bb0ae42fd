#!/bin/sh
# Find a Python that the pinned packages run on, and hand over to setup.py. PYTHON=... overrides.
set -u
cd "$(dirname "$0")/.." || exit 1

# Prints the version, and what stands in the way if something does.
probe='
import platform, sys
problem = ""
if not (3, 11) <= sys.version_info[:2] <= (3, 12):
    problem = " "
else:
    try:
        import ensurepip, venv
    except ImportError:
        problem = " without venv"
print(platform.python_version() + problem)
sys.exit(bool(problem))
'
seen=''

try() {
    command -v "$1" >/dev/null 2>&1 || return 1
    # A version manager may put a stub where no interpreter is: only a run tells.
    found=$("$1" -c "$probe" 2>/dev/null) && return 0
    [ -n "$found" ] && seen="$seen${seen:+, }$1 is $found"
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
    echo '  required: Python 3.11 or 3.12, with venv (numpy 1.26 and pyrevm, both pinned, have no wheels for 3.13)'
    echo "  was:      ${seen:-no working interpreter among ${PYTHON:-python3.12 python3.11 python3 python}}"
    echo '  do:       install Python 3.12 (on Debian and Ubuntu python3-venv, too), or name one:'
    echo '            make setup PYTHON=/path/to/python3.12'
} >&2
exit 1
