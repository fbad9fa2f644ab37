"""A client in a process of its own, as a tool is: `PROXY CA` asks Anthropic's host through a proxy; 0 when answered."""

import http.client
import ssl
import sys
from urllib.parse import urlsplit

from tollbook_agent.capture.proxy import head
from tollbook_agent.selftest.invented import MODEL, SESSION

HOST, PATH = "api.anthropic.com", "/v1/messages"
SECONDS = 20.0
BODY = f'{{"model":"{MODEL}","max_tokens":16,"messages":[{{"role":"user","content":"self-test"}}]}}'


def main(arguments: list[str]) -> int:
    """One request."""
    proxy, authorities = urlsplit(arguments[0]), arguments[1]
    context = ssl.create_default_context(cafile=authorities)
    connection = http.client.HTTPSConnection(str(proxy.hostname), proxy.port, timeout=SECONDS, context=context)
    credential = head.credential(proxy.username or "", proxy.password or "")
    connection.set_tunnel(HOST, 443, {"Proxy-Authorization": credential})
    headers = {
        "content-type": "application/json",
        "user-agent": "claude-cli/2.1.330 (external, cli)",
        "x-api-key": "invented-by-tollbook-self-test",
        "x-claude-code-session-id": SESSION,
    }
    connection.request("POST", PATH, BODY, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return 0 if answer.status == http.HTTPStatus.OK else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
