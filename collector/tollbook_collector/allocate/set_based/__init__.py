"""The set-based engine: the allocation of the reference, by DuckDB. Needs the extra `tollbook-collector[duckdb]`."""
