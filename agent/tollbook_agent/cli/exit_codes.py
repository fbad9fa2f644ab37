"""What the exit codes of `tollbook` mean. Documented in docs/commands.md; a test keeps the two together."""

OK = 0
"""It worked. An empty answer is an answer."""
FAILED = 1
"""It did not work, and the message says why."""
USAGE = 2
"""The command line is wrong."""
SETTINGS = 3
"""A setting is wrong; the message names it."""
STORE = 4
"""The store cannot be opened or written."""
BUSY = 5
"""Another process is writing to the store."""
INTERRUPTED = 130
"""Ctrl-C."""
