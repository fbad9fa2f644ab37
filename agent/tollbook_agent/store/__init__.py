"""The laptop's one SQLite file. The only modules of the agent that know SQL."""
