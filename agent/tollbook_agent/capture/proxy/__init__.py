"""Network capture: the fail-open relay, the engine behind it, the device's trust. Only `engine` imports mitmproxy."""
