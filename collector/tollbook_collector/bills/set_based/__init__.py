"""The set-based engine of reconciliation, by DuckDB. Needs the extra `tollbook-collector[duckdb]`."""
