"""Which engine reconciles: the set-based one where it is asked for or worth its start, else the reference."""

from tollbook_collector.bills.reconcile import Inputs, Reconciled
from tollbook_collector.bills.reconcile import reconcile as reconcile_in_python
from tollbook_collector.engines import Engine, in_sets


def reconcile(inputs: Inputs, engine: Engine = Engine.AUTO) -> Reconciled:
    """The settled cells; they are the same whichever engine gives them, share by share.

    Raises:
        ImportError: the set-based engine is asked for by name and is not installed; see `engines.missing`.
    """
    if in_sets(engine, len(inputs.items)):
        from tollbook_collector.bills.set_based import engine as set_based

        return set_based.reconcile(inputs)
    return reconcile_in_python(inputs)
