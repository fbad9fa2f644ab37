"""Bills in: providers' reports and invoices as exact lines, and their reconciliation with the calls that were seen."""
