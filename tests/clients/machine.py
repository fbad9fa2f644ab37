"""One developer's machine with both clients on it, in front of one mock provider."""

import base64
import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.clients import claude as claude_client
from tests.clients import codex as codex_client
from tests.clients.bench import Bench
from tests.clients.running import Ran
from tests.support.provider.place import Place
from tests.support.provider.process import Provider

BRANCH, OTHER_BRANCH, DOCS_BRANCH = "feature/PAY-123-refund", "bugfix/OPS-7-timeout", "feature/DOC-9-guide"
SHOP = Place(repo="acme/shop", branch=BRANCH, ticket="PAY-123")
SHOP_SWITCHED = Place(repo="acme/shop", branch=OTHER_BRANCH, ticket="OPS-7")
DOCS = Place(repo="acme/docs", branch=DOCS_BRANCH, ticket="DOC-9")
ACCOUNT = "11111111-2222-4333-8444-555555555555"


class Failed(AssertionError):
    """A client did not do what the scenario needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Runs the clients. Whoever makes it decides by `more` and `prefix` how they reach the provider."""

    bench: Bench
    provider: Provider
    programs: Mapping[str, Path]
    """The clients by the name of their command."""
    prefix: tuple[str, ...] = ()
    """What the clients are run with, such as `tollbook run --`."""
    more: Mapping[str, str] = field(default_factory=dict[str, str])

    def shop(self) -> Path:
        """A repository on a branch with a ticket, and another branch beside it."""
        return self.bench.repository("shop", "git@github.com:acme/shop.git", BRANCH, OTHER_BRANCH)

    def docs(self) -> Path:
        """Another one."""
        return self.bench.repository("docs", "git@github.com:acme/docs.git", DOCS_BRANCH)

    def claude(
        self, folder: Path, script: str, *arguments: str, more: Mapping[str, str] | None = None,
        model: str | None = claude_client.MODEL,
    ) -> str:  # fmt: skip
        """Run a script without a window; its session.

        Raises:
            Failed: it did not end well.
        """
        ran = claude_client.claude(
            self.programs["claude"], self.bench, folder, prompt_of(script), *arguments, model=model,
            more={**self.more, **(more or {})}, prefix=self.prefix,
        )  # fmt: skip
        return _found(ran, r'"session_id":"([^"]+)"')

    def codex(self, folder: Path, script: str, *, command: tuple[str, ...] = ("exec",), code: int = 0) -> str:
        """Run a script without a window; its thread.

        Raises:
            Failed: it did not end with `code`.
        """
        ran = codex_client.codex(
            self.programs["codex"], self.bench, folder, prompt_of(script), command=command, more=self.more,
            prefix=self.prefix,
        )  # fmt: skip
        return _found(ran, r'"thread_id":"([^"]+)"', code=code)

    def claude_interrupted(self, folder: Path) -> str:
        """Run a script that hangs, and interrupt it; its session."""
        session = str(uuid.uuid4())
        claude_client.claude(
            self.programs["claude"], self.bench, folder, prompt_of("hang"), "--session-id", session, more=self.more,
            prefix=self.prefix, interrupt_when=self._hanging(),
        )  # fmt: skip
        return session

    def codex_interrupted(self, folder: Path) -> str:
        """The same of Codex; its thread."""
        ran = codex_client.codex(
            self.programs["codex"], self.bench, folder, prompt_of("hang"), more=self.more, prefix=self.prefix,
            interrupt_when=self._hanging(),
        )  # fmt: skip
        return _found(ran, r'"thread_id":"([^"]+)"', code=None)

    def _hanging(self) -> Callable[[], object]:
        return self.provider.wait_for_hang

    def sign_in(self, *, chatgpt: bool = False) -> None:
        """Give Codex an API key, or a ChatGPT account."""
        if not chatgpt:
            codex_client.sign_in(self.bench)
            return
        token = _token()
        tokens = {"id_token": token, "access_token": token, "refresh_token": "invented", "account_id": ACCOUNT}
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        document = {"auth_mode": "chatgpt", "OPENAI_API_KEY": None, "tokens": tokens, "last_refresh": now}
        (self.bench.codex / "auth.json").write_text(json.dumps(document), encoding="utf-8")


def prompt_of(script: str) -> str:
    """A prompt that names a script; one that begins with a slash is a command of the client's own."""
    return script if script.startswith("/") else f"[[script:{script}]] Please."


def _found(ran: Ran, pattern: str, *, code: int | None = 0) -> str:
    found = re.search(pattern, ran.out)
    if found is None or code not in (None, ran.code):
        raise Failed(f"ended with {ran.code}\n{ran.out[-2000:]}\n{ran.err[-2000:]}")
    return found[1]


def _token() -> str:
    """What a sign-in to ChatGPT leaves; nobody here checks its signature."""
    account = {"chatgpt_account_id": ACCOUNT, "chatgpt_plan_type": "team", "chatgpt_user_id": "user-invented"}
    claims = {"exp": int(time.time()) + 86_400, "email": "ada@example.com", "https://api.openai.com/auth": account}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": "none"}, claims)]
    return b".".join([*parts, b"c2ln"]).decode()
