"""Names of repositories from URLs of remotes: one spelling a repository, never a credential, never a local path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook_agent.context.remote import MAX_URL, Remote, parse, repo_name


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("https://github.com/acme/shop.git", "github.com", "acme/shop"),
        ("https://github.com/acme/shop", "github.com", "acme/shop"),
        ("https://github.com/acme/shop/", "github.com", "acme/shop"),
        ("HTTPS://GitHub.com/Acme/Shop.git\n", "github.com", "Acme/Shop"),
        ("https://ada:ghp_token@github.com/acme/shop.git", "github.com", "acme/shop"),
        ("https://x-access-token:p@ss@github.com/acme/shop.git", "github.com", "acme/shop"),
        ("https://git.example.com:8443/acme/shop.git?token=secret#x", "git.example.com", "acme/shop"),
        ("git@github.com:acme/shop.git", "github.com", "acme/shop"),
        ("github-work:acme/shop.git", "github-work", "acme/shop"),
        ("git@host.example:/srv/git/shop.git", "host.example", "srv/git/shop"),
        ("git@[2001:db8::1]:acme/shop.git", "[2001:db8::1]", "acme/shop"),
        ("ssh://git@host.example:2222/acme/shop.git", "host.example", "acme/shop"),
        ("ssh://git@[2001:db8::1]:22/acme/shop", "[2001:db8::1]", "acme/shop"),
        ("git+ssh://git@host.example/acme/shop", "host.example", "acme/shop"),
        ("git://host.example/shop.git", "host.example", "shop"),
        ("git@gitlab.com:group/sub/deeper/name.git", "gitlab.com", "group/sub/deeper/name"),
        ("https://gitlab.com//group//sub/name.git", "gitlab.com", "group/sub/name"),
        ("https://ada@dev.azure.com/acme/My%20Project/_git/shop", "dev.azure.com", "acme/My Project/shop"),
        ("https://dev.azure.com/acme/_git/shop", "dev.azure.com", "acme/shop/shop"),
        ("git@ssh.dev.azure.com:v3/acme/My Project/shop", "ssh.dev.azure.com", "acme/My Project/shop"),
        ("https://acme.visualstudio.com/DefaultCollection/web/_git/shop", "acme.visualstudio.com", "acme/web/shop"),
        ("acme@vs-ssh.visualstudio.com:v3/acme/web/shop", "vs-ssh.visualstudio.com", "acme/web/shop"),
        (
            "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/shop",
            "git-codecommit.eu-west-1.amazonaws.com",
            "shop",
        ),
        ("https://bitbucket.example.com/scm/PAY/shop.git", "bitbucket.example.com", "PAY/shop"),
        ("ssh://git@bitbucket.example.com:7999/PAY/shop.git", "bitbucket.example.com", "PAY/shop"),
        ("ssh://git@host.example/~ada/shop.git", "host.example", "~ada/shop"),
    ],
)
def test_remotes(url: str, host: str, path: str) -> None:
    assert parse(url) == Remote(host=host, path=path)
    assert repo_name(url) == path


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/home/ada/shop",
        "./shop",
        "../shop.git",
        "shop",
        "file:///home/ada/shop",
        r"C:\Users\ada\shop",
        "C:/Users/ada/shop",
        r"\\server\share\shop",
        "~/shop",
        "https://",
        "https://host.example",
        "https://host.example/",
        "https://host.example/.git",
        "https://host.example/../etc/passwd",
        "https://ada:pass/word@host.example/acme/shop",
        "https://ada:p@ss/word@host.example/acme/shop",
        "https://ada:12/34@host.example/acme/shop",
        "https://host.example/a%40b/shop",
        "https://host.example/acme/sh%0Aop",
        "token:x@host.example:acme/shop",
        "ext::ssh -i /home/ada/key host %S acme/shop",
        "codecommit::eu-west-1://profile@shop",
        "s3://bucket/shop",
        "https://host.example/" + "a" * 256,
        "https://host.example/" + "a/" * MAX_URL,
    ],
)
def test_no_name(url: str) -> None:
    assert repo_name(url) is None


SECRET = st.text(st.characters(codec="ascii", exclude_characters="/?#", min_codepoint=33), min_size=1, max_size=12)


@given(SECRET, SECRET)
def test_no_credential_comes_out(user: str, password: str) -> None:
    url = f"https://{user}:{password}zzSECRETzz@host.example/acme/shop.git"
    assert repo_name(url) in ("acme/shop", None)


@given(st.text(max_size=60))
def test_any_text_is_read_and_names_are_stable(url: str) -> None:
    name = repo_name(url)
    assert name is None or (name == name.strip("/") and "@" not in name and ":" not in name)
