"""Where a call belongs: repo, branch, ticket, engineer."""
