"""Work of a call from all its claims: the repo first, then the branch and commit of that repo, then the tickets."""

from collections.abc import Mapping

from tollbook.canonical import known_as
from tollbook.choose import Chosen, choose, registers
from tollbook.claim import Claim, Register
from tollbook.sighting import NO_WORK
from tollbook.ticket import TicketRule, judge, tickets_in
from tollbook.vocabulary import Evidence
from tollbook.work import DERIVED_TICKETS, EVIDENCE_RANK, Known, Work

_SAID = frozenset({Evidence.PERSON, Evidence.EXPLICIT})
_EVIDENCE: Mapping[str, Mapping[int, Evidence]] = {
    name: {rank: evidence for evidence, rank in ranks.items()} for name, ranks in EVIDENCE_RANK.items()
}
_BRANCH_RANK = EVIDENCE_RANK["tickets"][Evidence.BRANCH]


def conclude_work(claims: tuple[Claim, ...], rule: TicketRule, known: Mapping[str, Register] | None = None) -> Work:
    """What the call was made for, each value with its evidence. `known` is `registers(claims)` if a caller has it."""
    known = registers(claims) if known is None else known
    repo = known.get("repo")
    placed = _of_repo(claims, repo)
    branch = choose(placed, "branch")
    commit = _commit(placed, branch)
    branch_known = None if branch is None else _known_of("branch", branch.register)
    work = Work(
        engineer=_known_of("engineer", known.get("engineer")),
        device=_known_of("device", known.get("device")),
        repo=_known_of("repo", repo),
        branch=branch_known,
        commit=None if commit is None else _known_of("commit", commit.register),
        tickets=_tickets(claims, placed, branch_known, rule),
        team=_known_of("team", known.get("team")),
        customer=_known_of("customer", known.get("customer")),
        tags=_tags(known),
    )
    return NO_WORK if work == NO_WORK else work


def _known_of(name: str, register: Register | None) -> Known | None:
    return None if register is None else Known(str(register.value), _EVIDENCE[name][register.rank])


def _of_repo(claims: tuple[Claim, ...], repo: Register | None) -> tuple[Claim, ...]:
    """The claims whose branch may count: those of the winning repo, and what somebody said outright."""
    if len(claims) == 1 or repo is None:
        return claims
    value = repo.value
    return tuple(claim for claim in claims if _same_repo(claim, value) or _said(claim, "branch"))


def _same_repo(claim: Claim, repo: str | int) -> bool:
    register = claim.fields.get("repo")
    return register is not None and register.value == repo


def _said(claim: Claim, name: str) -> bool:
    register = claim.fields.get(name)
    return register is not None and known_as(name, register.rank) in _SAID


def _commit(placed: tuple[Claim, ...], branch: Chosen | None) -> Chosen | None:
    """The commit belongs to the claim that named the branch; without a branch the best known commit stands alone."""
    if branch is None:
        return choose(placed, "commit")
    register = branch.claim.fields.get("commit")
    if register is not None:
        return Chosen(branch.claim, register)
    silent = tuple(
        claim for claim in placed if claim.fields.get("branch", branch.register).value == branch.register.value
    )
    return choose(silent, "commit")


def _tickets(
    claims: tuple[Claim, ...], placed: tuple[Claim, ...], branch: Known | None, rule: TicketRule
) -> Known | None:
    """Said outright > from the branch > from worktree, pull request or commit of the winning repo > anything else.

    Derived keys count as far as the rule lets them; where it lets none, the next best evidence speaks.
    """
    best = choose(claims, "tickets")
    if best is not None and best.register.rank > _BRANCH_RANK:
        return _listed(best, rule)
    if branch is not None:
        keys = tickets_in(branch.value, rule)
        if keys:
            return Known(" ".join(keys), Evidence.BRANCH)
    if best is None:
        return None
    left = [claim for claim in claims if claim in placed or not _derived(claim)]
    while (found := choose(left, "tickets")) is not None:
        known = _listed(found, rule)
        if known.value:
            return known
        left.remove(found.claim)
    return None


def _derived(claim: Claim) -> bool:
    register = claim.fields.get("tickets")
    return register is not None and known_as("tickets", register.rank) in DERIVED_TICKETS


def _listed(found: Chosen, rule: TicketRule) -> Known:
    """The keys of a claim in ascending order, each once; of derived ones those that count."""
    keys = sorted(set(str(found.register.value).split()))
    if _derived(found.claim):
        keys = judge(keys, rule)
    return Known(" ".join(keys), Evidence(str(known_as("tickets", found.register.rank))))


def _tags(known: Mapping[str, Register]) -> Mapping[str, Known]:
    names = [name for name in known if name.startswith("tag.")]
    return {
        name.removeprefix("tag."): Known(str(known[name].value), _EVIDENCE["tags"][known[name].rank])
        for name in sorted(names)
    }
