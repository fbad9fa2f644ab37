"""Where a ticket belongs on a day: re-parented epics, moved issues, circles."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tollbook_collector.outcomes.hierarchy import MOST_LEVELS, Import, Outcomes, tickets
from tollbook_collector.outcomes.records import Issue, Pull

KEYS = ("A-1", "A-2", "A-3", "B-1", "B-2")


def issue(key: str, level: int = 0, parent: str | None = None, id_: str | None = None) -> Issue:
    project = key.rpartition("-")[0]
    return Issue(
        id=id_ or key, key=key, project=project, level=level, parent=parent, status="new", points=None, done_day=None
    )


def imported(day: int, *issues: Issue) -> Import:
    return Import(day, issues, ())


def test_an_epic_that_changes_its_initiative_takes_its_tickets_along_from_that_day() -> None:
    first = imported(10, issue("A-1", 0, "A-2"), issue("A-2", 1, "B-1"), issue("B-1", 2), issue("B-2", 2))
    outcomes = Outcomes.of([imported(20, issue("A-2", 1, "B-2")), first])
    lookup = tickets(outcomes)
    for day, initiative in ((5, "B-1"), (10, "B-1"), (19, "B-1"), (20, "B-2"), (99, "B-2")):
        assert lookup.find("A-1", day, "initiative") == initiative
        assert lookup.find("A-1", day, "epic") == "A-2"
        assert lookup.find("A-2", day, "story") is None
    assert len(lookup.entries["A-1"]) == 2


def test_a_sub_task_is_its_story_and_a_bug_without_epic_has_none() -> None:
    lookup = tickets(Outcomes.of([imported(1, issue("A-1", -1, "A-2"), issue("A-2"))]))
    assert lookup.find("A-1", 1, "story") == "A-2"
    assert lookup.find("A-1", 1, "epic") is None


def test_a_moved_issue_answers_to_both_keys() -> None:
    outcomes = Outcomes.of([imported(1, issue("A-1", id_="7")), imported(5, issue("B-2", id_="7"))])
    assert outcomes.current_key("A-1") == outcomes.current_key("B-2") == "B-2"
    assert outcomes.project_keys == {"A", "B"}
    pull = Pull(
        repo="r/r", number=1, branch="", head_sha=None, merge_sha=None, state="open", closed_day=None, words=(("A-1",),)
    )
    assert outcomes.tickets_of(pull) == ("B-2",)


def test_a_circle_ends() -> None:
    outcomes = Outcomes.of([imported(1, issue("A-1", 0, "A-2"), issue("A-2", 1, "A-1"))])
    assert len(outcomes.chain("A-1", 1)) == MOST_LEVELS
    assert tickets(outcomes).find("A-1", 1, "epic") == "A-2"


issues = st.builds(
    issue, st.sampled_from(KEYS), st.integers(-1, 3), st.none() | st.sampled_from(KEYS), st.sampled_from(["1", "2"])
)
imports = st.lists(st.builds(lambda day, some: Import(day, tuple(some), ()), st.integers(0, 5), st.lists(issues)))


@settings(max_examples=50, deadline=None)
@given(imports, st.sampled_from(KEYS), st.integers(-1, 7))
def test_the_lookup_says_what_the_chain_says(some: list[Import], key: str, day: int) -> None:
    outcomes = Outcomes.of(some)
    chain = outcomes.chain(key, day)
    lookup = tickets(outcomes)
    epic = next((each.key for each in chain if each.level == 1), None)
    assert lookup.find(key, day, "epic") == epic
    assert lookup.find(key, day, "project") == (chain[0].project if chain else None)
    for entries in lookup.entries.values():
        assert sum(entry.days.holds(day) for entry in entries) == 1
