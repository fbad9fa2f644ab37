"""All checks, one after the other. A check that fails by itself is a finding too: nothing stops the others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tollbook_agent.doctor import collector, machine, network, program, reading, runtimes
from tollbook_agent.doctor.finding import Check, Finding, Verdict, fail, note

CHECKS: tuple[Check, ...] = (
    *program.CHECKS,
    *reading.CHECKS,
    *network.CHECKS,
    *runtimes.CHECKS,
    *collector.CHECKS,
)
REPORT = "run `tollbook bugreport` and report it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One check and what it saw."""

    check: Check
    finding: Finding

    @property
    def is_wrong(self) -> bool:
        """Whether there is something to mend."""
        return self.finding.verdict in (Verdict.WARN, Verdict.FAIL)


def examine(environment: Mapping[str, str], *, live: bool = True) -> Iterator[Examined]:
    """Look at this machine; `live` false starts no other program."""
    here = machine.look(environment)
    for check in CHECKS:
        if check.live and not live:
            yield Examined(check=check, finding=note("not looked at: --quick"))
            continue
        try:
            finding = check.look(here)
        except Exception as fault:  # whatever it is: the other checks must still be made
            finding = fail(f"this check itself failed ({type(fault).__name__})", REPORT)
        yield Examined(check=check, finding=finding)
