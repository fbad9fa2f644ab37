#!/bin/sh
# Makes .venv with a Python >= 3.12: one already on this machine where there is one, else one that uv fetches.
set -eu
python=$(python3 scripts/find_python.py)
if [ -n "$python" ]; then
    UV_PYTHON_DOWNLOADS=never .tools/bin/uv sync --quiet --frozen --python "$python"
elif ! .tools/bin/uv sync --quiet --frozen --python 3.13; then
    echo "Tollbook needs Python 3.12 or newer: none was found on this machine and none could be fetched." >&2
    echo "Install one (python.org, pyenv install 3.13, or your package manager) and run make again." >&2
    exit 1
fi
touch .venv/.ready
