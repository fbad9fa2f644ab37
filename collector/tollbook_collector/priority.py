"""Threads that give way: what only saves somebody a wait must not make senders wait."""

import os
import sys
import threading

BEHIND = 10
"""Of 19: a tenth of a processor for which all compete, and all of one that is idle. With less, what is read under a
full load would stand in the record's log of writes for minutes, and the log cannot begin anew meanwhile."""


def give_way() -> None:
    """Let the calling thread run after all others of the machine; where the system knows no priorities of threads,
    nothing changes. For threads that work outside the interpreter: whoever holds its lock holds up all."""
    if sys.platform == "linux":  # elsewhere the number of a thread would be taken for that of a process
        try:
            own = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, own, max(BEHIND, os.getpriority(os.PRIO_PROCESS, own)))
        except OSError:
            return  # a container may forbid it
