"""What the agent's own folder holds, by name: an uninstall removes exactly that and nothing a person put there."""

import contextlib
import shutil
from pathlib import Path

from tollbook_agent import home as places
from tollbook_agent import identity_store, telemetry
from tollbook_agent.capture.proxy import files
from tollbook_agent.service import record, windows
from tollbook_agent.tools import manifest

STORES = tuple(places.STORE + suffix for suffix in ("", "-wal", "-shm", "-journal"))
TIERS = "tiers.json"
"""Which way of seeing each tool's calls passed `tollbook self-test` here."""
AGENT_LOG = "agent.log"
FILES: tuple[str, ...] = (
    *STORES,
    places.DEVICE,
    places.LOCK,
    places.CONTROL,
    telemetry.FILE,
    identity_store.FILE,
    identity_store.CREDENTIAL,
    manifest.FILE,
    record.FILE,
    windows.FILE,
    TIERS,
    AGENT_LOG,
)
FOLDERS: tuple[str, ...] = (files.SPOOL,)


def remove_place(home: Path) -> None:
    """The address that tools were told to send to: they know it no more."""
    with contextlib.suppress(OSError):
        (home / telemetry.FILE).unlink(missing_ok=True)


def remove_home(home: Path, *, proxy: bool = True) -> tuple[str, ...]:
    """Remove what is ours, then the folder, then folders above it that were made with it; the names that stay.

    Args:
        proxy: whether the files of network capture go too: false while sessions still name them.
    """
    if not home.is_dir():
        return ()
    above = _above(home)
    for name in FILES:
        with contextlib.suppress(OSError):
            (home / name).unlink(missing_ok=True)
    for name in (*FOLDERS, *((files.FOLDER,) if proxy else ())):
        shutil.rmtree(home / name, ignore_errors=True)
    stays = tuple(sorted(each.name for each in home.iterdir() if each.name != places.FOLDERS))
    if stays:
        return stays
    with contextlib.suppress(OSError):
        (home / places.FOLDERS).unlink(missing_ok=True)
        home.rmdir()
        for folder in above:
            folder.rmdir()
    return ()


def _above(home: Path) -> list[Path]:
    """Folders that were made for the home and hold it."""
    try:
        named = (home / places.FOLDERS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    return [each for each in home.parents if str(each) in named]
