"""Ticket keys in names: which words look like one, and which of those count.

`candidates` is the shape alone, `judge` the decision. They are apart because the shape of a name never changes while
the list of project keys does: what was carried as a branch is judged anew whenever the list is.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

MAX_TEXT = 1000
"""Characters of a name or title that are looked at."""
MAX_PROJECT = 32
"""Characters of a project key; Jira's own default limit is 10, Linear's is 7."""
MAX_DIGITS = 7
"""Digits of an issue number. Eight would let dates in: `deploy-20261121`."""

_KEY = re.compile(
    rf"(?<![^\W_])([A-Za-z][A-Za-z0-9]{{1,{MAX_PROJECT - 1}}})-([1-9][0-9]{{0,{MAX_DIGITS - 1}}})"
    r"(?![^\W_])(?!\.(?:[0-9]+\.[0-9]|[xX]\b))"
)
"""The pattern of Atlassian's GitHub integration, case-insensitive; a three-part version (`lodash-4.17.21`) is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRule:
    """Which keys count. `None`: no list of project keys is known, the deny-list judges; an empty list admits nothing.

    Keys of the list may be given in any case; the rule holds them in upper case.
    """

    project_keys: frozenset[str] | None = None

    def __post_init__(self) -> None:
        if self.project_keys is not None:
            object.__setattr__(self, "project_keys", frozenset(key.strip().upper() for key in self.project_keys))


NO_LIST = TicketRule()


def candidates(text: str) -> tuple[str, ...]:
    """All words of `text` (branch, title, subject) shaped like a key: upper case, each once, in the order of text."""
    found = {
        f"{match[1]}-{match[2]}".upper()
        for match in _KEY.finditer(text[: MAX_TEXT + 1])
        if match.end() <= MAX_TEXT  # a key that the bound cuts would be another key
    }
    return tuple(sorted(found))


def judge(keys: Iterable[str], rule: TicketRule) -> tuple[str, ...]:
    """The keys, as `candidates` gives them, that count under the rule; their order is kept."""
    return tuple(key for key in keys if refusal(key, rule) is None)


def tickets_in(text: str, rule: TicketRule) -> tuple[str, ...]:
    """The ticket keys in a name: `candidates`, judged."""
    return judge(candidates(text), rule)


def refusal(key: str, rule: TicketRule) -> str | None:
    """Why a key does not count, in words for a person; `None` where it counts."""
    project = key.rpartition("-")[0]
    if rule.project_keys is not None:
        return None if project in rule.project_keys else f"{project} is not in the list of project keys"
    group = _BY_KEY.get(key) or _BY_PROJECT.get(project) or _BY_PROJECT.get(project.rstrip("0123456789"))
    return None if group is None else f"{key} looks like {group}, and there is no list of project keys"


def _words(groups: dict[str, str]) -> dict[str, str]:
    return {word: group for group, words in groups.items() for word in words.split()}


# Without a list of project keys an invented ticket is worse than a missed one: the missed one shows as unallocated, and
# configuring the list brings it back. So a word is denied where a number after it is usual *and* it is a poor name for
# a project. Each also stands for itself with digits behind it: TLS1-2, PY3-12, UTF8-1.
_BY_PROJECT = _words(
    {
        "a character set": "UTF UCS ASCII LATIN UNICODE KOI",
        "a hash, cipher or key size": "SHA CRC HMAC AES DES RSA ECDSA BLAKE ARGON CHACHA PBKDF",
        # Numbered documents and the lists of weaknesses; the year or number is theirs.
        "a standard or an advisory": (
            "ISO IEC IEEE RFC BCP PEP JSR JEP ECMA ANSI FIPS NIST DIN WCAG OWASP CVE CWE GHSA RUSTSEC PYSEC RHSA"
        ),
        "a version of a protocol or format": (
            "HTTP HTTPS TLS SSL TCP UDP IPV QUIC OAUTH MQTT HTML CSS XML JSON OPENAPI USB"
        ),
        "a time zone or a date": (
            "UTC GMT JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC JANUARY FEBRUARY MARCH APRIL JUNE JULY AUGUST"
            " SEPTEMBER OCTOBER NOVEMBER DECEMBER DAY WEEK MONTH QUARTER YEAR FY"
        ),
        # Developers of AI features name their branches after models.
        "a model": (
            "GPT CLAUDE OPUS SONNET HAIKU GEMINI GEMMA LLAMA MISTRAL MIXTRAL QWEN DEEPSEEK GROK CODEX COMPOSER KIMI GLM"
        ),
        # IOS, ANDROID, KAFKA and the like are left out: they are well-known keys of real projects.
        "a version of a language or platform": (
            "PYTHON PY NODE NODEJS JAVA JDK JRE GOLANG RUST RUBY PHP PERL SCALA KOTLIN SWIFT DOTNET CPP CXX CSHARP"
            " TYPESCRIPT JAVASCRIPT REACT VUE ANGULAR NEXTJS DJANGO RAILS LARAVEL POSTGRES POSTGRESQL MYSQL MARIADB"
            " UBUNTU DEBIAN ALPINE FEDORA CENTOS RHEL MACOS WINDOWS CUDA GCC CLANG LLVM"
        ),
        "a processor or a width in bits": "X86 X64 I386 I686 AARCH ARM64 AMD64 RISCV MIPS WASM AVX UINT BIT",
        "a version": " ".join(
            [
                "VERSION VER REV RELEASE RC ALPHA BETA SNAPSHOT BUILD PATCH HOTFIX BUMP",
                *(f"V{number}" for number in range(100)),
            ]
        ),
        # Types of conventional commits and of throw-away branches: the number is an issue of the code host, or a date.
        "a kind of branch": (
            "FEATURE FEAT FIX BUGFIX CHORE REFACTOR PERF STYLE REVERT TEST TESTS WIP TMP TEMP DRAFT SPIKE POC BACKUP"
            " BRANCH"
        ),
        "a step of a plan": (
            "SPRINT ITERATION ITER MILESTONE PHASE STEP STAGE PART ROUND TRY ATTEMPT LEVEL PAGE CHAPTER"
        ),
        # `gh-12`, `pr-12`, `bug-12` number the items of one repository: PR-12 of two repositories would be one ticket.
        "a number of the code host": "PR PRS MR PULL GH GL ISSUE ISSUES BUG TASK TICKET STORY EPIC ITEM",
    }
)

# Words that do name projects (INT, MD, ES, ARM, NET): only the numbers that mean something else are denied.
_BY_KEY = _words(
    {
        "a hash, cipher or key size": (
            "MD-2 MD-4 MD-5 MD-6 ED-25519 ED-448 BASE-16 BASE-32 BASE-58 BASE-62 BASE-64 BASE-85"
        ),
        "a standard or an advisory": "SOC-1 SOC-2 SOC-3 COVID-19",
        "a version of a protocol or format": "WEB-2 WEB-3 SQL-92 IP-4 IP-6",
        "a version of a language or platform": (
            "ES-3 ES-5 ES-6 ES-7 GO-1 GO-2 NET-5 NET-6 NET-7 NET-8 NET-9 NET-10 NET-11"
            " ES-2015 ES-2016 ES-2017 ES-2018 ES-2019 ES-2020 ES-2021 ES-2022 ES-2023 ES-2024 ES-2025 ES-2026"
        ),
        "a processor or a width in bits": (
            "ARM-32 ARM-64 ARM-7 ARM-8 ARM-9 AMD-64 SSE-2 SSE-3 SSE-4 FP-8 FP-16 FP-32 FP-64 BF-16"
            " INT-4 INT-8 INT-16 INT-32 INT-64 INT-128 FLOAT-16 FLOAT-32 FLOAT-64"
        ),
        "a character set": "CP-437 CP-850 CP-1250 CP-1251 CP-1252 CP-1253 CP-1254",
        "a time zone or a date": " ".join(
            f"{half}-20{year}" for half in ("Q1", "Q2", "Q3", "Q4", "H1", "H2") for year in range(20, 40)
        ),
    }
)
