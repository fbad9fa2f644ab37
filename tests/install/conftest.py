"""Wheels and one installation of the agent for all tests of this folder: pulled from the package index once."""

from pathlib import Path

import pytest

from tests.support.wheels import build, tool_install


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory)


@pytest.fixture(scope="session")
def programs(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of `tollbook`, installed by `uv tool install` without the workspace."""
    return tool_install(wheels, "tollbook-agent[proxy]", tmp_path_factory.mktemp("installed"))
