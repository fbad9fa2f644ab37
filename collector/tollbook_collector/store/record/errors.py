"""What a store can refuse. Everything else that it raises is a fault of our own program."""

import sqlite3


class RecordError(Exception):
    """The store cannot do what was asked. The message says what to do."""


EngineError = sqlite3.Error
"""What the engine itself says: for who must go on whatever it says."""


class WrongSchema(RecordError):
    """The file is no record, or one that a newer version wrote. Permanent until somebody acts."""


class Retryable(RecordError):
    """Nothing of the batch was booked; the same batch may succeed later."""


class DiskFull(Retryable):
    """No room for the batch. What was committed before stands."""


class Busy(Retryable):
    """Another process held the store for longer than we wait."""


class Overloaded(Retryable):
    """The writer's queue is full."""
