"""The repository checks itself: sizes, docs against code, words that have no place in it."""

import ast
import importlib.util
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
MOST_LINES = 400
MOST_FUNCTION_LINES = 60
_TEXT = {".py", ".md", ".toml", ".sh", ""}
_BANNED = re.compile(
    r"\b(helper session|as an ai|language model wrote|TODO|FIXME|XXX)\b|/work/main|/work/shared|/root/", re.IGNORECASE
)


def tracked() -> list[Path]:
    """The files of the repository: tracked, or new and not ignored."""
    out = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=REPO, capture_output=True, text=True
    )
    if out.returncode and not (REPO / ".git").exists():
        pytest.skip("not a git checkout")
    assert out.returncode == 0, out.stderr
    return [path for name in out.stdout.splitlines() if (path := REPO / name).is_file()]


def sources() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py"]


def test_no_file_is_too_long() -> None:
    long = [(path.name, lines) for path in sources() if (lines := path.read_text().count("\n")) > MOST_LINES]
    assert not long


def test_every_function_fits_a_screen() -> None:
    long: list[str] = []
    for path in sources():
        if path.is_relative_to(REPO / "tests"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MOST_FUNCTION_LINES:
                    long.append(f"{path.name}:{node.lineno} {node.name} {lines}")
    assert not long


def test_every_module_says_what_it_is() -> None:
    texts = {path.relative_to(REPO): path.read_text() for path in sources()}
    silent = [str(path) for path, text in texts.items() if text.strip() and not ast.get_docstring(ast.parse(text))]
    assert not silent


def test_nothing_speaks_of_how_it_was_written_or_where() -> None:
    own = Path(__file__)
    found = [
        f"{path.relative_to(REPO)}: {match.group()}"
        for path in tracked()
        if path.suffix in _TEXT and path != own and "recordings" not in path.parts
        for match in _BANNED.finditer(path.read_text(errors="replace"))
    ]
    assert not found


def test_the_attribute_page_is_what_the_code_prints() -> None:
    spec = importlib.util.spec_from_file_location("print_attributes", REPO / "scripts" / "print_attributes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (REPO / "docs" / "attributes.md").read_text() == module.page()


@pytest.mark.parametrize("member", ["core", "agent", "collector"])
def test_every_dependency_is_justified_in_its_line(member: str) -> None:
    text = (REPO / member / "pyproject.toml").read_text()
    for dependency in tomllib.loads(text)["project"]["dependencies"]:
        line = next(line for line in text.splitlines() if f'"{dependency}"' in line)
        assert "#" in line or dependency.startswith("tollbook=="), dependency


def test_links_in_the_pages_lead_somewhere() -> None:
    broken: list[str] = []
    for page in [path for path in tracked() if path.suffix == ".md"]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            if not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert not broken


def test_the_architecture_page_names_what_is_there() -> None:
    packages = {"core": "core/tollbook", "agent": "agent/tollbook_agent", "collector": "collector/tollbook_collector"}
    page = (REPO / "docs" / "architecture.md").read_text()
    named = re.findall(r"`((?:core|agent|collector|tests|benchmarks)/[^`\s]*)`", page)
    missing: list[str] = []
    for name in named:
        package, _, rest = name.partition("/")
        before, _, braces = rest.partition("{")
        inside, _, after = braces.partition("}")
        for each in inside.split(","):
            pattern = f"{packages.get(package, package)}/{before}{each}{after}"
            if not (list(REPO.glob(pattern)) if "*" in pattern else (REPO / pattern).exists()):
                missing.append(pattern)
    assert len(named) > 40
    assert not missing
    folders = [path.name for package in packages.values() for path in (REPO / package).iterdir() if path.is_dir()]
    silent = [name for name in folders if name.isidentifier() and f"{name}/" not in page and name != "__pycache__"]
    assert not silent, "the page does not name them"


def test_every_target_of_the_makefile_is_there_once() -> None:
    lines = (REPO / "Makefile").read_text().splitlines()
    targets = [match.group(1) for line in lines if (match := re.match(r"([a-z-]+):(?!=)", line))]
    (phony,) = [line.removeprefix(".PHONY:").split() for line in lines if line.startswith(".PHONY:")]
    assert sorted(targets) == sorted(phony)
