"""The functions of each kind of file."""

from collections.abc import Mapping

from tollbook_agent.tools.dotenv import Dotenv
from tollbook_agent.tools.json_files import Hooks, JsonValues
from tollbook_agent.tools.setting import Kind, Text
from tollbook_agent.tools.toml_block import TomlBlock

TEXTS: Mapping[Kind, Text] = {
    Kind.JSON: JsonValues(),
    Kind.HOOKS: Hooks(),
    Kind.TOML_BLOCK: TomlBlock(),
    Kind.DOTENV: Dotenv(),
}
