#!/bin/sh
# Builds Tollbook-<version>.pkg on a Mac: the agent below /usr/local/tollbook, and /usr/local/bin/tollbook.
# usage: build_pkg.sh [OUT_FOLDER]        needs uv and Xcode's command line tools (pkgbuild, productsign)
#   PYTHON        a python.org or python-build-standalone Python >= 3.12; default: python3
#   SIGN_IDENTITY "Developer ID Installer: ..." of your keychain; unsigned without it
# Not run: no Mac was at hand when it was written (docs/platforms.md).
set -eu
[ "$(uname -s)" = Darwin ] || { echo "build_pkg: a pkg is built on a Mac; this is $(uname -s)" >&2; exit 1; }
here=$(cd "$(dirname "$0")/../.." && pwd)
out=$(mkdir -p "${1:-dist}" && cd "${1:-dist}" && pwd)
uv=${UV:-uv}
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$here" && "$uv" build --quiet --wheel --all-packages --out-dir "$work/wheels")
version=$(basename "$work"/wheels/tollbook_agent-*.whl | cut -d- -f2)
root=$work/root
mkdir -p "$root/usr/local/bin"
"$uv" venv --quiet --relocatable --no-project --python "$python" "$root/usr/local/tollbook"
"$uv" pip install --quiet --python "$root/usr/local/tollbook/bin/python" --find-links "$work/wheels" "tollbook-agent[proxy]==$version"
# Users may not write there: without bytecode in the package every start would compile all it imports anew.
"$root/usr/local/tollbook/bin/python" -m compileall -q -j 0 -s "$root" -p / --invalidation-mode unchecked-hash "$root/usr/local/tollbook/lib"
ln -s ../tollbook/bin/tollbook "$root/usr/local/bin/tollbook"
pkgbuild --root "$root" --identifier com.tollbook.agent --version "$version" --install-location / "$work/Tollbook.pkg"
if [ -n "${SIGN_IDENTITY:-}" ]; then
    productsign --sign "$SIGN_IDENTITY" "$work/Tollbook.pkg" "$out/Tollbook-$version.pkg"
else
    cp "$work/Tollbook.pkg" "$out/Tollbook-$version.pkg"
fi
echo "$out/Tollbook-$version.pkg"
