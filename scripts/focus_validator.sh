#!/bin/sh
# Runs the package focus-validator on a CSV of `export focus`, in an environment of its own: it needs numpy 1.x and knows
# FOCUS up to 1.0. Prints the rules that fail; docs/allocation.md says why each does.
set -eu
file=${1:?usage: scripts/focus_validator.sh FOCUS.csv [PYTHON]}
python=${2:-python3.11}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder"
pip="$folder/bin/pip --quiet --disable-pip-version-check"
# pandasql is built by a setuptools that has since dropped what it needs; pandera needs the old multimethod.
$pip install 'setuptools<58' wheel
$pip install --no-build-isolation --no-deps 'pandasql==0.7.3'
$pip install 'focus-validator==1.0.0' 'numpy<2' 'multimethod==1.10' sqlalchemy
"$folder/bin/focus-validator" --data-file "$file" --validate-version 1.0 | grep -A3 'failed:' || echo 'every rule holds'
