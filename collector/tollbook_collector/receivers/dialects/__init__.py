"""One small pure reader an emitter: a record of its telemetry into a sighting."""
