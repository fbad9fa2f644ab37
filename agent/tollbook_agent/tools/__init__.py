"""The tools' own settings: what Tollbook puts into them, and how it takes it out again exactly."""
