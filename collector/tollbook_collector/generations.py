"""What is remembered in two generations: what was used lately outlives what was not, for the price of a look-up."""


class Generations[Key, Value]:
    """A mapping that forgets. For one thread at a time; between several, some of it may be forgotten too early."""

    __slots__ = ("_older", "_young")

    def __init__(self) -> None:
        self._young: dict[Key, Value] = {}
        self._older: dict[Key, Value] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._older)

    @property
    def young(self) -> int:
        """How many were used or learned since the last turn."""
        return len(self._young)

    def get(self, key: Key) -> Value | None:
        """What is remembered; it counts as used."""
        found = self._young.get(key)
        if found is None and self._older:
            found = self._older.pop(key, None)
            if found is not None:
                self._young[key] = found
        return found

    def put(self, key: Key, value: Value) -> Value:
        """Remember; returns the value."""
        self._young[key] = value
        return value

    def turn(self) -> None:
        """Forget what was not used since the last turn."""
        self._older, self._young = self._young, {}

    def clear(self) -> None:
        """Forget all."""
        self._young, self._older = {}, {}
