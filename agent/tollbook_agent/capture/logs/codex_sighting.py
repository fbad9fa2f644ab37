"""A response found in a rollout as an Observation: the state around it put into the words of the domain."""

from collections.abc import Mapping
from typing import NamedTuple

from tollbook.identity import Id
from tollbook.sighting import NO_SCOPE, Scope, Sighting
from tollbook.usage import Usage
from tollbook.vocabulary import Basis, Billing, Channel, Provider, Purpose, Source, Tool
from tollbook_agent.capture.frozen import builder
from tollbook_agent.capture.logs.codex_payer import maker, payer
from tollbook_agent.capture.logs.codex_state import Phase, Thread
from tollbook_agent.capture.observation import NOWHERE, Observation, Place

READER_EPOCH = 1
"""Raised when the counting of this reader is corrected."""

_SIGHTING = builder(
    Sighting,
    *("ids", "started_at", "ended_at", "usage", "session_id", "turn_id", "model", "provider", "basis"),
    *("source", "tool", "reader_epoch", "service_tier"),
    *("channel", "billing", "scope", "agent_id", "parent_agent_id", "purpose"),
)
_OBSERVATION = builder(Observation, "sighting", "place")


class Session(NamedTuple):
    """What holds for a thread as long as nothing is learned of who pays or where its own lines begin."""

    id: str | None
    name: str | None
    """Codex's name of the model provider."""
    basis: Mapping[str, Basis]
    told: bool
    """Whether the file told who pays."""
    rest: tuple[Channel, Billing, Scope, str | None, str | None, Purpose | None]
    """The last fields of a sighting: payer, agent, its parent, purpose."""


class Context(NamedTuple):
    """What the rows so far say of every response that follows, worked out once."""

    session: Session
    turn: str | None
    model: str | None
    provider: Provider
    basis: Mapping[str, Basis]
    place: Place
    rest: tuple[object, ...]
    """The last fields of a sighting: what the row of a response cannot say otherwise."""


def session(thread: Thread | None, phase: Phase, name: str | None, *, plan: bool) -> Session:
    """What is known of a thread. `plan`: a ChatGPT plan was named."""
    paid = payer(name, plan=plan, account=bool(thread and thread.account))
    account = thread.account if thread and paid.channel is Channel.CHATGPT else None
    basis = {"channel": paid.channel_basis, "billing": paid.billing_basis}
    if account:
        basis["scope.account"] = Basis.SHAPE
    agent = thread if thread and thread.subagent and phase is not Phase.OPEN else None
    return Session(
        id=(thread.session if thread else None) or None,
        name=name,
        basis={field: known for field, known in basis.items() if known is not Basis.OBSERVED},
        told=paid.channel_basis is not Basis.DEFAULT,
        rest=(
            paid.channel,
            paid.billing,
            Scope(account=account) if account else NO_SCOPE,
            agent.id if agent else None,
            agent.parent if agent else None,
            _purpose(thread, phase),
        ),
    )


def context(session: Session, turn: str | None, model: str | None, tier: str | None, place: Place) -> Context:
    """The context at one point of the file."""
    provider, basis = _made(session, model)
    rest = (Source.LOG, Tool.CODEX, READER_EPOCH, tier, *session.rest)
    return Context(session, turn, model, provider, basis, place, rest)


def _made(session: Session, model: str | None) -> tuple[Provider, Mapping[str, Basis]]:
    """Who made the model, and how everything that is not plainly observed is known."""
    provider, basis = maker(session.name, model)
    return provider, session.basis if basis is Basis.OBSERVED else {**session.basis, "provider": basis}


def observe(
    context: Context,
    ids: tuple[Id, ...],
    usage: Usage | None,
    when: int,
    model: str | None,
    turn: str | None,
    session: str | None,
) -> Observation:
    """The observation of a response in its context. `model`, `turn`, `session`: as its own row names them.

    `when`, in UTC nanoseconds, stands for both ends: the row was written when the response was complete.
    """
    around, context_turn, context_model, provider, basis, place, rest = context
    if model and model != context_model:
        provider, basis = _made(around, model)
    sighting = _SIGHTING(
        ids,
        when,
        when,
        usage,
        session or around.id,
        turn or context_turn,
        model or context_model,
        provider,
        basis,
        *rest,
    )
    return _OBSERVATION(sighting, place)


def _purpose(thread: Thread | None, phase: Phase) -> Purpose | None:
    """Why the thread exists. In a fork that may be a copy up to here, a subagent's purpose would be a guess."""
    if thread is None:
        return Purpose.TURN
    if thread.subagent:
        if phase is Phase.OPEN:
            return None
        return Purpose.COMPACTION if thread.subagent == "compact" else Purpose.SUBAGENT
    if thread.source == "thread_title":
        return Purpose.TITLE
    return Purpose.TURN if thread.source in (None, "user") else Purpose.OTHER


def place(thread: Thread | None, folder: str | None) -> Place:
    """The turn's folder; git as it was when the session began, unless the turn stands in another tree."""
    if thread is None:
        return Place(cwd=folder) if folder else NOWHERE
    cwd = folder or thread.cwd
    if thread.cwd and cwd and not _within(cwd, thread.cwd):
        return Place(cwd=cwd)
    return Place(cwd=cwd, branch=thread.branch, commit=thread.commit, remote_url=thread.remote_url)


def _within(folder: str, root: str) -> bool:
    """Whether a path is another or beneath it, by its text alone; both kinds of separator."""
    bare = root.rstrip("/\\")
    return folder in (root, bare) or folder.startswith((bare + "/", bare + "\\"))
