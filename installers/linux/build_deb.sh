#!/bin/sh
# Builds tollbook_<version>_<arch>.deb: the agent with all its libraries below /opt/tollbook, and /usr/bin/tollbook.
# usage: build_deb.sh [OUT_FOLDER]        needs uv and dpkg-deb
#   PYTHON        the Python >= 3.12 to build with; default: python3 (libraries are built for its minor version)
#   TARGET_PYTHON where that Python is on the laptops; default: /usr/bin/python3.<minor>
#   EXTRAS        which extras; default: [proxy], network capture. Empty for logs and reports alone
#   WHEELS        a folder with the wheels; default: built from this checkout
#   UV            the uv program
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
out=$(mkdir -p "${1:-dist}" && cd "${1:-dist}" && pwd)
uv=${UV:-uv}
python=${PYTHON:-python3}
minor=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' || { echo "build_deb: Python 3.12 or newer is needed, $python is $minor" >&2; exit 1; }
target=${TARGET_PYTHON:-/usr/bin/python$minor}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "${WHEELS:-}" ]; then
    WHEELS=$work/wheels
    (cd "$here" && "$uv" build --quiet --wheel --all-packages --out-dir "$WHEELS")
fi
version=$(basename "$WHEELS"/tollbook_agent-*.whl | cut -d- -f2)
arch=$(dpkg --print-architecture)
root=$work/root
mkdir -p "$root/opt" "$root/usr/bin" "$root/usr/share/doc/tollbook" "$root/DEBIAN"
"$uv" venv --quiet --relocatable --no-project --python "$python" "$root/opt/tollbook"
"$uv" pip install --quiet --python "$root/opt/tollbook/bin/python" --find-links "$WHEELS" "tollbook-agent${EXTRAS-[proxy]}==$version"
ln -sfn "$target" "$root/opt/tollbook/bin/python"
sed -i "s|^home = .*|home = $(dirname "$target")|" "$root/opt/tollbook/pyvenv.cfg"
find "$root/opt/tollbook" \( -name '__pycache__' -o -name '*.lock' -o -name '.gitignore' -o -name 'CACHEDIR.TAG' \) -prune -exec rm -rf {} +
# Users may not write below /opt: without bytecode in the package every start would compile all it imports anew.
"$root/opt/tollbook/bin/python" -m compileall -q -j 0 -s "$root" -p / --invalidation-mode unchecked-hash "$root/opt/tollbook/lib"
ln -s ../../opt/tollbook/bin/tollbook "$root/usr/bin/tollbook"
cp "$here/LICENSE" "$root/usr/share/doc/tollbook/copyright"
next=$(echo "$minor" | awk -F. '{print $1 "." $2 + 1}')
depends="python3 (>= $minor), python3 (<< $next)"
[ "$target" = "/usr/bin/python$minor" ] || depends=libc6
cat > "$root/DEBIAN/control" <<EOF
Package: tollbook
Version: $version
Architecture: $arch
Maintainer: Tollbook <tollbook@example.com>
Installed-Size: $(du -sk "$root/opt" | cut -f1)
Depends: $depends
Section: devel
Priority: optional
Description: what AI coding costs, by ticket: the agent of a developer's machine
 Nothing runs after installing it: each user runs "tollbook install", which starts the agent with their session,
 and "tollbook uninstall" before the package is removed.
EOF
chmod -R u+rwX,go+rX,go-w "$root"
dpkg-deb -Zgzip --root-owner-group --build "$root" "$out/tollbook_${version}_$arch.deb" >/dev/null
echo "$out/tollbook_${version}_$arch.deb"
