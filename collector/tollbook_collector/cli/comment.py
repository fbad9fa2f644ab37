"""tollbook-collector comment: what work cost, said on its pull request or its issue; made once, updated in place."""

import argparse

from tollbook_collector.cli.command import Commands, add_json, add_tenant, describe
from tollbook_collector.cli.output import Console

_EXAMPLES = """\
  tollbook-collector comment github --repo acme/shop --pr 31 --dry-run
  tollbook-collector comment jira --issue PAY-71 --as property

docs/comments.md has a workflow for GitHub Actions."""
_GITHUB = """\
  tollbook-collector comment github --repo acme/shop --pr 31
  tollbook-collector comment github --repo acme/shop --pr 31 --url https://tollbook.acme.example --token env:TOKEN
  tollbook-collector comment github --repo acme/shop --pr 31 --key file:key --api-url https://ghe.acme.example/api/v3"""
_JIRA = """\
  tollbook-collector comment jira --issue PAY-71 --api-url https://acme.atlassian.net --email bot@acme.example
  tollbook-collector comment jira --issue PAY-71 --as property --key env:JIRA_API_TOKEN --json"""
_REFERENCE = "env:NAME, file:PATH or keyring:SERVICE/USER"


def add(commands: Commands) -> None:
    parser = describe(commands, "comment", "say what work cost on its pull request or issue", _EXAMPLES, _github)
    actions = parser.add_subparsers(title="places", metavar="PLACE", required=True)
    one = describe(actions, "github", "a comment on a pull request", _GITHUB, _github)
    one.add_argument("--repo", required=True, metavar="OWNER/NAME", help="the repository")
    one.add_argument("--pr", required=True, type=int, metavar="N", help="the number of the pull request")
    one.add_argument("--ticket", action="append", metavar="KEY", help="a ticket to tell of (default: those it names)")
    one.add_argument("--from", dest="start", metavar="DATE", help="the first UTC day of the branch that counts")
    one.add_argument("--author", metavar="LOGIN", help="who the comment is by (default: asked of GitHub)")
    one.add_argument("--forks", action="store_true", help="tell it on pull requests from forks too")
    _add_shared(one, "env:GITHUB_TOKEN", "$GITHUB_API_URL, else https://api.github.com")
    two = describe(actions, "jira", "a comment on an issue, or a property of it", _JIRA, _jira)
    two.add_argument("--issue", required=True, metavar="KEY", help="the issue, whose key is the ticket's")
    two.add_argument("--as", dest="form", choices=("comment", "property"), default="comment", help="what to write")
    two.add_argument("--email", metavar="ADDRESS", help="the account whose API token is used (default: $JIRA_EMAIL)")
    _add_shared(two, "env:JIRA_API_TOKEN", "$JIRA_BASE_URL")


def _add_shared(parser: argparse.ArgumentParser, key: str, address: str) -> None:
    parser.add_argument("--key", default=key, metavar="REF", help=f"{_REFERENCE} (default: {key})")
    parser.add_argument("--api-url", metavar="URL", help=f"where its API is (default: {address})")
    parser.add_argument("--url", metavar="URL", help="ask this collector (default: the record on this machine)")
    parser.add_argument("--token", metavar="REF", help="the token for that collector, as with --key")
    parser.add_argument("--dry-run", action="store_true", help="print what would be said, and write nothing")
    add_tenant(parser)
    add_json(parser)


def _github(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.cli.comment_run import run_github

    return run_github(arguments, console)


def _jira(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.cli.comment_run import run_jira

    return run_jira(arguments, console)
