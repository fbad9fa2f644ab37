"""One writer a store, however its process ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tollbook_agent.lock import Locked, StoreLock

HOLD = """
import sys, time
from pathlib import Path
from tollbook_agent.lock import StoreLock
lock = StoreLock(Path(sys.argv[1]))
print("held", flush=True)
if len(sys.argv) > 2:
    import os
    if os.fork() == 0:
        os.write(1, b"forked\\n")
        os.read(0, 1)
        os._exit(0)
time.sleep(60)
"""


def test_a_second_one_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    first = StoreLock(tmp_path / "home" / "lock")
    with pytest.raises(Locked, match="home"):
        StoreLock(tmp_path / "home" / "lock")
    first.release()
    first.release()
    StoreLock(tmp_path / "home" / "lock").release()
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("forked", [False, True])
def test_a_killed_process_holds_nothing_and_neither_does_its_child(tmp_path: Path, forked: bool) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock"), *(["fork"] if forked else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        if forked:
            assert holder.stdout.readline() == b"forked\n"
        with pytest.raises(Locked):
            StoreLock(tmp_path / "lock")
        holder.kill()
        holder.wait()
        StoreLock(tmp_path / "lock").release()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_that_cannot_be_written_is_no_lock_of_another(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(PermissionError):
            StoreLock(tmp_path / "lock")
    finally:
        tmp_path.chmod(0o700)
