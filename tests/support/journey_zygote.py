"""A process that has imported everything and forks programs from itself: a life begins in milliseconds.

It has no thread and has opened no channel when it forks. Each program is a process of its own, in a session of its own;
it can be killed like any other, and stays a zombie - so that its number is nobody else's - until its end is asked for.
"""

import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

PATIENCE_SECONDS = 120
"""For what has to happen at all, on a busy machine."""


class Program(NamedTuple):
    """What to run: a function of a module, and where what it prints goes."""

    run: Callable[..., int]
    arguments: tuple[Any, ...]
    output: Path


class Ended(NamedTuple):
    """The question how a process ended; `wait` until it has."""

    pid: int
    wait: bool


class Zygote:
    """Forks programs on demand. `preload` is a function of the module that imports all of them."""

    def __init__(self, preload: Callable[[], None]) -> None:
        context = multiprocessing.get_context("spawn")
        self._orders, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, preload), name="zygote", daemon=True)
        self._process.start()
        theirs.close()

    def fork(self, program: Program) -> int:
        """Start a program; its process."""
        pid = self._ask(program)
        assert isinstance(pid, int)
        return pid

    def ended(self, pid: int, *, wait: bool) -> int | None:
        """The exit code, negative for a signal; `None` while it runs. An end is told once."""
        return self._ask(Ended(pid, wait))

    def close(self) -> None:
        """End it; every program must have ended."""
        self._orders.close()
        self._process.join(PATIENCE_SECONDS)
        self._process.close()

    def _ask(self, order: Program | Ended) -> int | None:
        self._orders.send(order)
        assert self._orders.poll(PATIENCE_SECONDS), f"no answer to {order}"
        answer: int | None = self._orders.recv()
        return answer


def _serve(orders: "Connection[int | None, Program | Ended]", preload: Callable[[], None]) -> None:
    """In the zygote: obey until nobody is there to order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    preload()
    while True:
        try:
            order = orders.recv()
        except EOFError:
            return
        orders.send(_fork(order, orders) if isinstance(order, Program) else _ended(order))


def _ended(question: Ended) -> int | None:
    pid, status = os.waitpid(question.pid, 0 if question.wait else os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if pid else None


def _fork(program: Program, orders: "Connection[Any, Any]") -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()
        orders.close()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stream = os.open(program.output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(stream, 1)
        os.dup2(stream, 2)
        threading.Thread(target=_end_with_the_test, daemon=True).start()
        code = program.run(*program.arguments)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _end_with_the_test() -> None:
    """Nothing outlives the test, not even where the test is killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
