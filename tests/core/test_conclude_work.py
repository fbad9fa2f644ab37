"""What a call was made for: the repo first, then the branch and commit of that repo, then the tickets."""

from tests.support.domain import NOON, SECOND, claim, made_for, response
from tollbook.claim import Claim
from tollbook.conclude_work import conclude_work
from tollbook.ticket import NO_LIST, TicketRule
from tollbook.vocabulary import Evidence, Source
from tollbook.work import Known, Work

E = Evidence
PAY = TicketRule(project_keys=frozenset({"PAY"}))


def said(source: Source, order: int | None = None, observer: str = "a", **known: tuple[str, Evidence]) -> Claim:
    return claim(source, response("msg_1"), observer=observer, order=order, work=made_for(**known))


def concluded(*members: Claim, rule: TicketRule = NO_LIST) -> Work:
    """The same whatever the order."""
    found = conclude_work(members, rule)
    assert conclude_work(members[::-1], rule) == found
    return found


def tickets(*members: Claim, rule: TicketRule = NO_LIST) -> tuple[str, Evidence] | None:
    known = concluded(*members, rule=rule).tickets
    return None if known is None else (known.value, known.evidence)


LOG = said(Source.LOG, repo=("shop/api", E.WORKTREE), branch=("PAY-1-retry", E.LOG), commit=("a" * 40, E.LOG))


def test_nobody_knows() -> None:
    assert concluded(said(Source.LOG), said(Source.PROXY)) == Work()


def test_the_repo_decides_whose_branch_counts() -> None:
    """The socket belonged to a process in another checkout, whose HEAD is better evidence of the wrong branch."""
    wire = said(Source.PROXY, repo=("shop/web", E.PROCESS), branch=("OPS-2", E.HEAD), commit=("b" * 40, E.HEAD))
    work = concluded(LOG, wire)
    assert work.repo == Known("shop/api", E.WORKTREE)
    assert work.branch == Known("PAY-1-retry", E.LOG)
    assert work.commit == Known("a" * 40, E.LOG)


def test_within_one_repo_the_better_evidence_decides_the_branch() -> None:
    head = said(Source.HOOK, repo=("shop/api", E.WORKTREE), branch=("PAY-2", E.HEAD), commit=("c" * 40, E.HEAD))
    reflog = said(Source.OTEL, repo=("shop/api", E.WORKTREE), branch=("PAY-3", E.REFLOG))
    assert concluded(LOG, head).branch == Known("PAY-2", E.HEAD)
    assert concluded(LOG, head).commit == Known("c" * 40, E.HEAD)
    assert concluded(LOG, head, reflog).branch == Known("PAY-3", E.REFLOG)


def test_a_commit_of_another_branch_is_not_taken() -> None:
    reflog = said(Source.OTEL, repo=("shop/api", E.WORKTREE), branch=("PAY-3", E.REFLOG))
    assert concluded(LOG, reflog).commit is None
    same = said(Source.HOOK, repo=("shop/api", E.WORKTREE), branch=("PAY-3", E.LOG), commit=("d" * 40, E.LOG))
    assert concluded(LOG, reflog, same).commit == Known("d" * 40, E.LOG)


def test_the_commit_is_that_of_the_claim_that_named_the_branch() -> None:
    reflog = said(Source.OTEL, repo=("shop/api", E.WORKTREE), commit=("e" * 40, E.REFLOG))
    assert concluded(LOG, reflog).commit == Known("a" * 40, E.LOG)


def test_what_somebody_said_of_the_branch_counts_without_a_repo() -> None:
    decision = said(Source.PERSON, order=NOON, branch=("hotfix", E.PERSON))
    assert concluded(LOG, decision).branch == Known("hotfix", E.PERSON)
    assert concluded(LOG, decision).repo == Known("shop/api", E.WORKTREE)
    assert concluded(LOG, said(Source.OTEL, branch=("elsewhere", E.REFLOG))).branch == Known("PAY-1-retry", E.LOG)


def test_without_any_repo_every_branch_counts() -> None:
    assert concluded(said(Source.LOG, branch=("main", E.LOG)), said(Source.OTEL)).branch == Known("main", E.LOG)


def test_the_latest_decision_of_any_person_stands() -> None:
    ada = said(Source.PERSON, order=NOON, observer="ada", tickets=("PAY-1", E.PERSON))
    bob = said(Source.PERSON, order=NOON + SECOND, observer="bob", tickets=("PAY-2", E.PERSON))
    assert tickets(LOG, ada, bob) == ("PAY-2", E.PERSON)


def test_tickets_said_outright_beat_the_branch() -> None:
    assert tickets(LOG) == ("PAY-1", E.BRANCH)
    assert tickets(LOG, said(Source.HOOK, tickets=("OPS-7", E.EXPLICIT))) == ("OPS-7", E.EXPLICIT)
    assert tickets(LOG, said(Source.HOOK, tickets=("OPS-7", E.EXPLICIT)), rule=PAY) == ("OPS-7", E.EXPLICIT)


def test_a_person_may_say_that_there_is_no_ticket() -> None:
    assert tickets(LOG, said(Source.PERSON, order=NOON, tickets=("", E.PERSON))) == ("", E.PERSON)


def test_tickets_said_in_any_order_are_ascending_and_each_once() -> None:
    assert tickets(said(Source.HOOK, tickets=("PAY-9  OPS-1 PAY-9", E.EXPLICIT))) == ("OPS-1 PAY-9", E.EXPLICIT)


def test_branch_then_worktree_then_pull_request_then_commit() -> None:
    evidence = (E.WORKTREE, E.PR, E.COMMIT)
    found = [
        said(Source.LOG, observer=str(kind), repo=("shop/api", E.WORKTREE), tickets=(f"PAY-{place}", kind))
        for place, kind in enumerate(evidence, start=2)
    ]
    assert tickets(LOG, *found) == ("PAY-1", E.BRANCH)
    assert tickets(*found) == ("PAY-2", E.WORKTREE)
    assert tickets(*found[1:]) == ("PAY-3", E.PR)
    assert tickets(*found[2:]) == ("PAY-4", E.COMMIT)


def test_derived_tickets_are_judged_anew_by_every_list_of_project_keys() -> None:
    utf = said(Source.LOG, branch=("fix-UTF-8", E.HEAD), tickets=("PAY-4 UTF-8", E.COMMIT))
    assert tickets(utf) == ("PAY-4", E.COMMIT)
    assert tickets(utf, rule=TicketRule(project_keys=frozenset({"UTF"}))) == ("UTF-8", E.BRANCH)
    assert tickets(utf, rule=TicketRule(project_keys=frozenset({"OPS"}))) is None


def test_what_was_once_derived_from_a_branch_is_derived_again() -> None:
    derived = said(Source.LOG, branch=("PAY-1-retry", E.HEAD), tickets=("PAY-9", E.BRANCH))
    assert tickets(derived) == ("PAY-1", E.BRANCH)


def test_where_the_rule_lets_none_count_the_next_best_evidence_speaks() -> None:
    worktree = said(Source.LOG, observer="a", repo=("shop/api", E.WORKTREE), tickets=("UTF-8", E.WORKTREE))
    commit = said(Source.LOG, observer="b", repo=("shop/api", E.WORKTREE), tickets=("PAY-4", E.COMMIT))
    assert tickets(worktree, commit) == ("PAY-4", E.COMMIT)


def test_derived_tickets_of_another_repo_do_not_count() -> None:
    main = said(Source.LOG, repo=("shop/api", E.WORKTREE), branch=("main", E.LOG))
    wire = said(Source.PROXY, repo=("shop/web", E.PROCESS), tickets=("OPS-2", E.COMMIT))
    assert tickets(main, wire) is None
    assert tickets(main, said(Source.GATEWAY, tickets=("OPS-3", E.GATEWAY_KEY))) == ("OPS-3", E.GATEWAY_KEY)


def test_who_made_the_call() -> None:
    mail = said(Source.LOG, engineer=("ada@home.example", E.HEAD), device=("d-1", E.EXPLICIT))
    configured = said(Source.OTEL, engineer=("ada@work.example", E.EXPLICIT))
    key = said(Source.GATEWAY, engineer=("ada@example.com", E.GATEWAY_KEY), team=("core", E.GATEWAY_KEY))
    assert concluded(mail).engineer == Known("ada@home.example", E.HEAD)
    assert concluded(mail, configured).engineer == Known("ada@work.example", E.EXPLICIT)
    assert concluded(mail, configured, key).engineer == Known("ada@example.com", E.GATEWAY_KEY)
    assert concluded(mail, key).team == Known("core", E.GATEWAY_KEY)
    assert concluded(mail, key).device == Known("d-1", E.EXPLICIT)


def test_tags_are_concluded_one_by_one() -> None:
    def tagged(source: Source, **tags: Known) -> Claim:
        return claim(source, response("msg_1"), work=Work(tags=tags))

    one = tagged(Source.PROXY, bet=Known("checkout", E.METADATA), area=Known("web", E.METADATA))
    two = tagged(Source.GATEWAY, bet=Known("search", E.EXPLICIT))
    assert concluded(one, two).tags == {"bet": Known("search", E.EXPLICIT), "area": Known("web", E.METADATA)}
