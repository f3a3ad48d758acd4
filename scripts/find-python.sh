#!/bin/sh
# Prints the first Python that can run the bot: 3.11 or newer, with venv and pip's seed.
# python3.11 comes first because that is the release the locks were resolved on.
set -u
probe='import sys, venv, ensurepip, ssl, sqlite3; sys.exit(sys.version_info < (3, 11))'
for name in ${PYTHON:-python3.11 python3 python3.12 python3.13 python3.14 python}; do
    if command -v "$name" >/dev/null 2>&1 && "$name" -c "$probe" >/dev/null 2>&1; then
        command -v "$name"
        exit 0
    fi
done
if [ -n "${PYTHON:-}" ]; then
    echo "PYTHON=$PYTHON is not a Python 3.11 or newer with venv, ssl and sqlite3." >&2
else
    echo "No Python 3.11 or newer with venv, ssl and sqlite3 was found." >&2
    echo "Install one (Debian and Ubuntu: apt install python3 python3-venv) or set PYTHON=/path/to/python3." >&2
fi
exit 1
