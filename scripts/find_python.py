"""Print the path of a Python >= 3.12 on this machine, newest minor first; print nothing when there is none.

Runs under any Python 3.9+. Looks at PATH (a pyenv shim that does not run is passed over), at pyenv's and uv's own
installations and at the usual places, and believes an interpreter only after running it.
"""

import glob
import os
import subprocess
import sys

WANTED = (3, 12)
NEWEST = (3, 13)  # newer ones are tried last: the dependencies are tested up to here
RUN_TIMEOUT_SECONDS = 10


def candidates():
    """Paths that may be interpreters, each once."""
    home = os.path.expanduser("~")
    pyenv = os.environ.get("PYENV_ROOT", os.path.join(home, ".pyenv"))
    patterns = [os.path.join(folder, "python3*") for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    patterns += [
        os.path.join(pyenv, "versions", "*", "bin", "python3"),
        os.path.join(home, ".local", "share", "uv", "python", "*", "bin", "python3"),
        "/opt/homebrew/bin/python3*",
        "/usr/local/bin/python3*",
        "/usr/bin/python3*",
        "/Library/Frameworks/Python.framework/Versions/*/bin/python3",
    ]
    seen = {sys.executable}
    yield sys.executable
    for pattern in patterns:
        for path in sorted(glob.glob(pattern), reverse=True):
            name = os.path.basename(path)
            if (path not in seen and name.replace("python3", "").lstrip(".").isdigit()) or name == "python3":
                seen.add(path)
                yield path


def version(path):
    """(major, minor) the interpreter reports, or None when it does not run."""
    try:
        out = subprocess.run(
            [path, "-c", "import sys; print(*sys.version_info[:2])"],
            capture_output=True,
            text=True,
            timeout=RUN_TIMEOUT_SECONDS,
            check=True,
        ).stdout.split()
        return int(out[0]), int(out[1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


def main():
    found = {}
    for path in candidates():
        has = version(path)
        if has and has >= WANTED:
            found.setdefault(has, path)
    if found:
        tested = [one for one in found if one <= NEWEST]
        print(found[max(tested) if tested else min(found)])


main()
