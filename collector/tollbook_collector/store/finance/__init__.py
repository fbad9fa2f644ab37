"""The finance file: bill documents, scopes, rates and the ledger, beside the record."""
