"""The dimensions that are there without a rules file, and that a file may define anew."""

from tollbook_collector.allocate.rules import Copy, Days, Dimension, Find, Lookup, Origin, Rule, Source, Yield

TICKETS = "tickets"
OUTCOME_COLUMNS = ("project", "story", "epic", "initiative", "status")
OUTCOME_LOOKUPS: dict[str, Lookup] = {TICKETS: Lookup(name=TICKETS, columns=OUTCOME_COLUMNS, entries={})}
"""What stands in for imported outcomes where none have been imported."""


def _rule(name: str, gives: Yield) -> Rule:
    return Rule(id=name, when=(), gives=gives, days=Days(), line=0)


def _row(name: str) -> Source:
    return Source(Origin.ROW, name)


def _dimension(name: str) -> Source:
    return Source(Origin.DIMENSION, name)


def _person(of: str) -> Rule:
    return _rule(f"engineer.{of}", Find(lookup="identities", column="person", on=_row(of)))


STANDARD: dict[str, Dimension] = {
    dimension.name: dimension
    for dimension in (
        # Every name a channel knows somebody by leads to one person; an engineer who is in no directory stays as seen.
        Dimension(
            name="engineer",
            rules=(
                _person("engineer"),
                _person("account"),
                _person("principal"),
                _person("api_key"),
                _rule("engineer.seen", Copy(source=_row("engineer"))),
            ),
        ),
        Dimension(
            name="team",
            rules=(_rule("team.directory", Find(lookup="directory", column="team", on=_dimension("engineer"))),),
        ),
        Dimension(name="ticket", rules=(_rule("ticket.seen", Copy(source=_row("ticket"))),)),
        Dimension(name="repo", rules=(_rule("repo.seen", Copy(source=_row("repo"))),)),
        Dimension(name="customer", rules=(_rule("customer.seen", Copy(source=_row("customer"))),)),
        Dimension(name="product", rules=(_rule("product.tag", Copy(source=Source(Origin.TAG, "product"))),)),
        Dimension(
            name="epic",
            rules=(_rule("epic.ticket", Find(lookup=TICKETS, column="epic", on=_dimension("ticket"))),),
        ),
        Dimension(
            name="initiative",
            rules=(_rule("initiative.ticket", Find(lookup=TICKETS, column="initiative", on=_dimension("ticket"))),),
        ),
    )
}
