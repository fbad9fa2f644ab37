"""How strong each kind of evidence is, field by field."""

from tollbook.vocabulary import Evidence
from tollbook.work import DERIVED_TICKETS, EVIDENCE_RANK, WORK_FIELDS

E = Evidence


def strongest_first(field: str, *kinds: Evidence) -> bool:
    ranks = [EVIDENCE_RANK[field][kind] for kind in kinds]
    return ranks == sorted(ranks, reverse=True)


def test_every_field_ranks_every_kind_of_evidence_and_no_two_alike() -> None:
    assert set(EVIDENCE_RANK) == {*WORK_FIELDS, "tags"}
    for ranks in EVIDENCE_RANK.values():
        assert set(ranks) == set(Evidence)
        assert len(set(ranks.values())) == len(ranks)
        assert min(ranks.values()) > 0


def test_a_person_is_believed_before_everything() -> None:
    for field in ("engineer", "repo", "branch", "commit", "tickets", "team", "customer", "tags"):
        assert max(EVIDENCE_RANK[field], key=EVIDENCE_RANK[field].__getitem__) is E.PERSON


def test_branch_and_commit() -> None:
    for field in ("branch", "commit"):
        assert strongest_first(field, E.PERSON, E.REFLOG, E.HEAD, E.WORKTREE, E.LOG, E.LOG_STALE)


def test_tickets() -> None:
    assert strongest_first("tickets", E.PERSON, E.EXPLICIT, E.BRANCH, E.WORKTREE, E.PR, E.COMMIT)
    assert {E.BRANCH, E.WORKTREE, E.PR, E.COMMIT} == DERIVED_TICKETS


def test_engineer() -> None:
    assert strongest_first("engineer", E.PERSON, E.GATEWAY_KEY, E.METADATA, E.EXPLICIT, E.HEAD)


def test_folder() -> None:
    assert strongest_first("repo", E.PERSON, E.EXPLICIT, E.METADATA, E.WORKTREE, E.SESSION, E.LOG_STALE, E.PROCESS)


def test_team_and_customer_come_from_the_gateway_key() -> None:
    for field in ("team", "customer"):
        assert strongest_first(field, E.PERSON, E.EXPLICIT, E.GATEWAY_KEY, E.METADATA, E.LOG)
