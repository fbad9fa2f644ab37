"""The tools' own OpenTelemetry: a loopback receiver, and readers of the events that tell of calls."""
