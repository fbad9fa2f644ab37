"""The law of the reflog: at every moment it tells the branch of a simulated checkout, and no message."""

from dataclasses import dataclass, field
from hashlib import sha1

from hypothesis import given
from hypothesis import strategies as st

from tollbook_agent.context.reflog import parse, timeline

S = 1_000_000_000
CANARY = "CANARY-4711"
NAMES = st.sampled_from(["main", "feature/PAY-1", "PAY-2-x", "ops/ünï", "HEAD2", "v1.0"])
ACTIONS = st.sampled_from(["checkout", "detach", "rename", "commit", "rebase", "reset"])


@dataclass
class Simulation:
    """A checkout that writes the reflog git would write, and remembers what was true after each entry."""

    branch: str | None = "main"
    commit: str = "0" * 40
    data: bytes = b""
    truth: list[tuple[int, str | None, str]] = field(default_factory=list[tuple[int, str | None, str]])

    def log(self, seconds: int, message: str, *, moved: bool = False) -> None:
        new = sha1(str(len(self.truth)).encode()).hexdigest() if moved or not self.truth else self.commit
        self.data += f"{self.commit} {new} Ada <a@example.com> {seconds} +0000\t{message}\n".encode()
        self.commit = new
        self.truth.append((seconds, self.branch, new))

    def act(self, action: str, name: str, times: list[int]) -> None:
        here = self.branch or self.commit
        if action == "checkout":
            self.branch = name
            self.log(times[0], f"checkout: moving from {here} to {name}", moved=True)
        elif action == "detach":
            self.branch = None
            self.log(times[0], f"checkout: moving from {here} to {name}~2", moved=True)
        elif action == "rename" and self.branch is not None:
            self.branch = name
            self.log(times[0], f"Branch: renamed refs/heads/{here} to refs/heads/{name}")
        elif action == "rebase" and self.branch is not None:
            self.log(times[0], "rebase (start): checkout main", moved=True)
            self.log(times[1], f"rebase (pick): {CANARY}", moved=True)
            self.log(times[2], f"rebase (finish): returning to refs/heads/{self.branch}")
        else:
            self.log(times[0], f"{action}: checkout: moving from x to {CANARY}", moved=action == "commit")

    def at(self, seconds: int) -> tuple[str | None, str]:
        """The state after the last entry, in the order of the file, that is not later."""
        return next((branch, commit) for time, branch, commit in reversed(self.truth) if time <= seconds)


STEPS = st.lists(st.tuples(ACTIONS, NAMES, st.lists(st.integers(100, 160), min_size=3, max_size=3)), max_size=14)


def simulate(steps: list[tuple[str, str, list[int]]]) -> Simulation:
    simulation = Simulation()
    simulation.log(100, f"clone: from /tmp/{CANARY}")
    for action, name, times in steps:
        simulation.act(action, name, times)
    return simulation


@given(STEPS)
def test_the_branch_at_every_moment_is_the_simulated_one(steps: list[tuple[str, str, list[int]]]) -> None:
    simulation = simulate(steps)
    told = timeline(parse(simulation.data), simulation.branch)
    for seconds in range(100, 161):
        moment = told.at(seconds * S + 999_999_999)
        assert (moment.branch, moment.commit) == simulation.at(seconds)
        assert moment.certain
    assert not told.at(100 * S - 1).certain


@given(STEPS)
def test_no_message_of_a_person_is_kept(steps: list[tuple[str, str, list[int]]]) -> None:
    simulation = simulate(steps)
    assert CANARY not in repr(timeline(parse(simulation.data), simulation.branch))


@given(STEPS, st.integers(0, 200))
def test_a_torn_end_only_takes_entries_away(steps: list[tuple[str, str, list[int]]], cut: int) -> None:
    whole = simulate(steps).data
    log = parse(whole[: max(0, len(whole) - cut)])
    assert log.commits == parse(whole).commits[: len(log.commits)]
    assert log.skipped == 0


@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_read(data: bytes, torn: bool) -> None:
    told = timeline(parse(data, torn_start=torn), "main")
    assert told.at(0).branch == "main"
