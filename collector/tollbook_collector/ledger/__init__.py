"""The ledger: balanced entries that are only ever added to, by period."""
