"""Everything below a folder, to compare before and after."""

import os
import stat
from pathlib import Path


def snapshot(folder: Path, *, times_of: tuple[str, ...] = ()) -> dict[str, tuple[object, ...]]:
    """Path -> kind, mode, content or target; and when it was changed, for files below the named folders."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        about = path.lstat()
        when = about.st_mtime_ns if name.startswith(times_of) and path.is_file() else 0
        if path.is_symlink():
            found[name] = ("link", os.readlink(path))
        elif path.is_dir():
            found[name] = ("folder", stat.S_IMODE(about.st_mode))
        else:
            found[name] = ("file", stat.S_IMODE(about.st_mode), path.read_bytes(), when)
    return found
