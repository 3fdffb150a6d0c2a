"""OpenTelemetry around a chat (`chat-core[otel]`): `ChatBuilder.with_telemetry(...)`."""
