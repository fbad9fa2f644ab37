"""The name of a repository, from the URL of its remote. Pure.

A URL is read into host and path; credentials, ports, queries and local paths never come out. `url.<base>.insteadOf` is
not applied: it changes where git fetches from, seldom which repository that is.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

MAX_URL = 2048
"""Characters; no host accepts a longer one."""
MAX_NAME = 255
"""Characters of a repository's path."""

_SCHEMES = frozenset({"https", "http", "ssh", "git", "git+ssh", "ssh+git", "git+https", "git+http", "ftp", "ftps"})
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_AUTHORITY = re.compile(r"(?:[^/?#]*@)?(\[[0-9A-Fa-f:.]+\]|[^/?#:@]+)(?::[0-9]*)?(?:/|$)")
_SCP = re.compile(r"(?:[^/@:]*@)?(\[[0-9A-Fa-f:.]+\]|[^/:@\[\]\\]{2,}):(?!:)")
"""`[user@]host:path`. One letter before the colon is a Windows drive, two colons a transport helper."""
_BAD = re.compile(r"[\x00-\x1f\x7f@:\\?#]")
"""A character that no host allows in a repository's name; `@` and `:` may be the rest of a badly quoted credential."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """Where a repository lives. `path` is `owner/name`, with more parts on hosts that have nested groups."""

    host: str
    path: str


def parse(url: str) -> Remote | None:
    """Host and path of a remote URL; `None` where it names a local path or nothing that can be shown safely."""
    url = url.strip()
    if not url or len(url) > MAX_URL:
        return None
    scheme = _SCHEME.match(url)
    if scheme is not None:
        if scheme[1].lower() not in _SCHEMES:
            return None
        rest = url[scheme.end() :]
        authority = _AUTHORITY.match(rest)
        path = "" if authority is None else unquote(re.split(r"[?#]", rest[authority.end() :], maxsplit=1)[0])
    else:
        authority = _SCP.match(url)
        path = "" if authority is None else url[authority.end() :]
    if authority is None:
        return None
    host = authority[1].lower()
    parts = _parts(path)
    name = "/".join(_hosted(host, parts))
    if not name or len(name) > MAX_NAME or _BAD.search(name):
        return None
    return Remote(host=host, path=name)


def repo_name(url: str) -> str | None:
    """`owner/name` of a remote URL, or `None`."""
    remote = parse(url)
    return None if remote is None else remote.path


def _parts(path: str) -> list[str]:
    """The parts of a path without `.git`; none at all where it climbs."""
    parts = [part for part in path.strip().split("/") if part]
    if not parts or "." in parts or ".." in parts:
        return []
    last = parts[-1].removesuffix(".git")
    return [*parts[:-1], last] if last else parts[:-1]


def _hosted(host: str, parts: list[str]) -> list[str]:
    """One spelling for hosts whose HTTPS and SSH paths differ: Azure DevOps, AWS CodeCommit, Bitbucket Data Center."""
    if host == "ssh.dev.azure.com" or host.endswith("vs-ssh.visualstudio.com"):
        return parts[1:] if parts[:1] == ["v3"] else parts
    if host == "dev.azure.com" and "_git" in parts:
        return _azure(parts[0], parts[1:])
    if host.endswith(".visualstudio.com") and "_git" in parts:
        return _azure(host.split(".", 1)[0], [part for part in parts if part != "DefaultCollection"])
    if host.startswith("git-codecommit.") and parts[:2] == ["v1", "repos"]:
        return parts[2:]
    if len(parts) == 3 and parts[0] == "scm":
        return parts[1:]
    return parts


def _azure(organization: str, parts: list[str]) -> list[str]:
    """`organization/project/name` of `[project]/_git/name`; a missing project has the repository's name."""
    place = parts.index("_git")
    name = parts[place + 1 :]
    return [organization, *(parts[:place] or name), *name]
