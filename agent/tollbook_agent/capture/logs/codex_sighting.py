"""A response found in a rollout as an Observation: the state around it put into the words of the domain."""

from collections.abc import Mapping
from dataclasses import dataclass

from tollbook.identity import Id
from tollbook.sighting import NO_SCOPE, Scope, Sighting
from tollbook.usage import Usage
from tollbook.vocabulary import Basis, Billing, Channel, Purpose, Quality, Source, Tool
from tollbook_agent.capture.logs.codex_payer import maker, payer
from tollbook_agent.capture.logs.codex_state import CodexState, Phase, Thread
from tollbook_agent.capture.observation import NOWHERE, Observation, Place

READER_EPOCH = 1
"""Raised when the counting of this reader is corrected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What one row says of one response."""

    ids: tuple[Id, ...]
    usage: Usage | None
    when: int
    """UTC nanoseconds: the row was written when the response was complete."""
    model: str | None = None
    turn: str | None = None
    session: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a state says of every response that follows it, worked out once."""

    channel: Channel
    billing: Billing
    scope: Scope
    tier: str | None
    model: str | None
    name: str | None
    """Codex's name of the model provider."""
    session: str | None
    turn: str | None
    agent: str | None
    parent: str | None
    purpose: Purpose | None
    basis: Mapping[str, Basis]
    place: Place

    @property
    def told(self) -> bool:
        """Whether the file told who pays."""
        return self.basis.get("channel") is not Basis.DEFAULT


def context(state: CodexState) -> Context:
    """The context at this point of the file."""
    thread = state.thread
    paid = payer(state.provider, plan=state.plan, account=bool(thread and thread.account))
    account = thread.account if thread and paid.channel is Channel.CHATGPT else None
    basis = {"channel": paid.channel_basis, "billing": paid.billing_basis}
    if account:
        basis["scope.account"] = Basis.SHAPE
    agent = thread if thread and thread.subagent and state.phase is not Phase.OPEN else None
    return Context(
        channel=paid.channel,
        billing=paid.billing,
        scope=Scope(account=account) if account else NO_SCOPE,
        tier=state.tier,
        model=state.model or state.settings_model,
        name=state.provider,
        session=(thread.session if thread else None) or None,
        turn=state.turn,
        agent=agent.id if agent else None,
        parent=agent.parent if agent else None,
        purpose=_purpose(thread, state.phase),
        basis={field: known for field, known in basis.items() if known is not Basis.OBSERVED},
        place=_place(state),
    )


def observe(context: Context, response: Response) -> Observation:
    """The observation of a response in its context."""
    model = response.model or context.model
    made, made_basis = maker(context.name, model)
    basis = context.basis if made_basis is Basis.OBSERVED else {**context.basis, "provider": made_basis}
    sighting = Sighting(
        source=Source.LOG,
        tool=Tool.CODEX,
        ids=response.ids,
        started_at=response.when,
        ended_at=response.when,
        quality=Quality.FINAL,
        usage=response.usage,
        channel=context.channel,
        provider=made,
        billing=context.billing,
        scope=context.scope,
        model=model,
        service_tier=context.tier,
        session_id=response.session or context.session,
        turn_id=response.turn or context.turn,
        agent_id=context.agent,
        parent_agent_id=context.parent,
        purpose=context.purpose,
        reader_epoch=READER_EPOCH,
        basis=basis,
    )
    return Observation(sighting=sighting, place=context.place)


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


def _place(state: CodexState) -> Place:
    """The turn's folder; git as it was when the session began, unless the turn stands in another tree."""
    thread = state.thread
    if thread is None:
        return Place(cwd=state.cwd) if state.cwd else NOWHERE
    cwd = state.cwd or thread.cwd
    if thread.cwd and cwd and not _within(cwd, thread.cwd):
        return Place(cwd=cwd)
    return Place(cwd=cwd, branch=thread.branch, commit=thread.commit, remote_url=thread.remote_url)


def _within(folder: str, root: str) -> bool:
    """Whether a path is another or beneath it, by its text alone; both kinds of separator."""
    bare = root.rstrip("/\\")
    return folder in (root, bare) or folder.startswith((bare + "/", bare + "\\"))
