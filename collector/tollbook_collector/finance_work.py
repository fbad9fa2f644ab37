"""The bills of single pieces of work, from the books."""

from collections.abc import Iterable

from tollbook_collector.bills.effective import current
from tollbook_collector.finance import Finance
from tollbook_collector.ledger.periods import State, month_state
from tollbook_collector.work_cost import MonthBill, WorkQuestion, month_bill


def work_bills(finance: Finance, question: WorkQuestion, months: Iterable[str]) -> list[MonthBill]:
    """What the bills of some months say of a ticket or a branch. Months without a bill are left out unread."""
    documents = current(finance.file.documents())
    closed = frozenset(finance.file.closed())
    states = ((month, month_state(month, documents, closed)) for month in months)
    return [
        month_bill(month, state, finance.rows(month), question)
        for month, state in states
        if state is not State.ESTIMATED
    ]
