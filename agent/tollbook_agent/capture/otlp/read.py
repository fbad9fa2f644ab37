"""A request's bytes into what it tells of calls. Pure; never raises."""

from dataclasses import dataclass
from enum import StrEnum

from tollbook.problem import Problem
from tollbook_agent.capture.link import Loose
from tollbook_agent.capture.observation import Observation
from tollbook_agent.capture.otlp import claude_code, codex
from tollbook_agent.capture.otlp.event import CODEX_RESPONSE
from tollbook_agent.capture.otlp.plain import read_protobuf
from tollbook_agent.capture.otlp.plain_json import read_json


class Encoding(StrEnum):
    """How a body is written; the value is its content type."""

    PROTOBUF = "application/x-protobuf"
    JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What one request told."""

    observations: tuple[Observation, ...] = ()
    loose: tuple[Loose, ...] = ()
    """Responses without an id: they wait for a call to be linked with (`link.Waiting`) and are never booked alone."""
    problems: tuple[Problem, ...] = ()
    others: int = 0
    """Events that tell of no call."""

    @property
    def refused(self) -> Problem | None:
        """Why the request as a whole can never be read."""
        whole = ("not_otlp", "too_many_records")
        return next((problem for problem in self.problems if problem.reason in whole), None)


def read_logs(raw: bytes, encoding: Encoding) -> Read:
    """What an ExportLogsServiceRequest tells of calls."""
    found = read_json(raw) if encoding is Encoding.JSON else read_protobuf(raw)
    observations: list[Observation] = []
    loose: list[Loose] = []
    problems = list(found.problems)
    for event in found.events:
        if event.name == CODEX_RESPONSE:
            report, faults = codex.read(event)
            if report is not None:
                loose.append(report)
        else:
            observation, faults = claude_code.read(event)
            if observation is not None:
                observations.append(observation)
        problems += faults
    return Read(observations=tuple(observations), loose=tuple(loose), problems=tuple(problems), others=found.others)
