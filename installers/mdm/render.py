"""Managed settings and profiles of one company: `render.py COLLECTOR_URL TOKEN OUT_FOLDER`. Needs Python 3.11 alone.

COLLECTOR_URL is the collector's OTLP over HTTP (https://tollbook.example.com:4318), TOKEN one of
`tollbook-collector token create --kind gateway`. With these, Claude Code and Codex report to the collector by
themselves, on machines with and without the agent. What is written and where it goes is in README.md of the folder.
"""

import base64
import json
import plistlib
import sys
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CLAUDE_DOMAIN, CODEX_DOMAIN = "com.anthropic.claudecode", "com.openai.codex"
SPACE = uuid.UUID("6f9a1c52-1d3e-5b7a-9c40-70110b00c001")
"""Profiles of the same company keep their identifiers, so that a new one replaces the old one."""
KEEP_LOGS_DAYS = 90
"""Claude Code removes transcripts after 30 days by itself."""

README = """# Where these files go

| file | goes to |
| --- | --- |
| claude-code.json | `50-tollbook.json` in the folder managed-settings.d of Claude Code, see below |
| codex.toml | Linux and macOS /etc/codex/managed_config.toml |
| claude-code.mobileconfig | macOS, by your MDM |
| codex.mobileconfig | macOS, by your MDM |
| claude-code.reg | Windows: import, or as a Group Policy preference (registry item); in Intune a PowerShell script |

The folder is in /etc/claude-code on Linux, /Library/Application Support/ClaudeCode on macOS and
C:\\Program Files\\ClaudeCode on Windows.

They hold the token: whoever can read them can send calls, and can read nothing.
"""


def claude(url: str, token: str) -> dict[str, Any]:
    """Claude Code's managed settings."""
    return {
        "cleanupPeriodDays": KEEP_LOGS_DAYS,
        "env": {
            "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
            "OTEL_LOGS_EXPORTER": "otlp",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_ENDPOINT": url,
            "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer {token}",
        },
    }


def codex(url: str, token: str) -> str:
    """Codex's managed configuration."""
    return (
        "[otel]\n"
        "log_user_prompt = false\n"
        '[otel.exporter."otlp-http"]\n'
        f"endpoint = {json.dumps(url + '/v1/logs')}\n"
        'protocol = "binary"\n'
        '[otel.exporter."otlp-http".headers]\n'
        f"authorization = {json.dumps('Bearer ' + token)}\n"
    )


def profile(domain: str, name: str, values: dict[str, Any]) -> bytes:
    """A configuration profile that sets one domain's preferences."""
    inner = str(uuid.uuid5(SPACE, domain))
    payload: dict[str, Any] = {
        "PayloadType": domain,
        "PayloadVersion": 1,
        "PayloadIdentifier": f"com.tollbook.{domain}",
        "PayloadUUID": inner.upper(),
        "PayloadDisplayName": name,
        **values,
    }
    return plistlib.dumps(
        {
            "PayloadType": "Configuration",
            "PayloadVersion": 1,
            "PayloadScope": "System",
            "PayloadIdentifier": f"com.tollbook.profile.{domain}",
            "PayloadUUID": str(uuid.uuid5(SPACE, f"profile {domain}")).upper(),
            "PayloadDisplayName": f"Tollbook: {name}",
            "PayloadContent": [payload],
        }
    )


def registry(settings: dict[str, Any]) -> bytes:
    """Claude Code's policy key, as regedit reads it."""
    text = json.dumps(settings, separators=(",", ":")).replace("\\", "\\\\").replace('"', '\\"')
    lines = ["Windows Registry Editor Version 5.00", "", r"[HKEY_LOCAL_MACHINE\SOFTWARE\Policies\ClaudeCode]"]
    return ("\r\n".join([*lines, f'"Settings"="{text}"', ""])).encode("utf-16")


def render(url: str, token: str) -> dict[str, bytes]:
    """File name -> content.

    Raises:
        ValueError: the address or the token cannot be used.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.path.strip("/"):
        raise ValueError(f"{url!r} is not the collector's address: write it like https://tollbook.example.com:4318")
    if not token or not token.isascii() or not all(each.isalnum() or each in "._-" for each in token):
        raise ValueError("the token is not one of `tollbook-collector token create`")
    url = url.rstrip("/")
    text = codex(url, token)
    settings = claude(url, token)
    encoded = {"config_toml_base64": base64.b64encode(text.encode()).decode()}
    return {
        "claude-code.json": json.dumps(settings, indent=2).encode() + b"\n",
        "codex.toml": text.encode(),
        "claude-code.mobileconfig": profile(CLAUDE_DOMAIN, "Claude Code", settings),
        "codex.mobileconfig": profile(CODEX_DOMAIN, "Codex", encoded),
        "claude-code.reg": registry(settings),
        "README.md": README.encode(),
    }


def main(arguments: list[str]) -> int:
    """Write them, for this user only."""
    if len(arguments) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        files = render(arguments[0], arguments[1])
    except ValueError as fault:
        print(f"render: {fault}", file=sys.stderr)
        return 1
    out = Path(arguments[2])
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, data in files.items():
        path = out / name
        path.touch(mode=0o600)
        path.write_bytes(data)
        print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
