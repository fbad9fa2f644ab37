"""What work cost, said where the work is discussed: comments on pull requests, comments and properties of issues."""
