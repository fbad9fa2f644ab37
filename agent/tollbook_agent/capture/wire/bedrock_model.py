"""What a model id of Bedrock tells: the model, whose it is, and which of the endpoints serves it.

From Amazon's user guide: a bare id is served in its region, a prefix names a cross-region inference profile (`us.`,
`eu.`, `us-gov.`, ... a geography, `global.` all regions); both come as ARNs too. An application inference profile is a
customer's own: its ARN names neither model nor endpoint.
"""

import re
from typing import NamedTuple

from tollbook.vocabulary import Provider

_ARN = re.compile(
    r"arn:aws[a-z-]*:bedrock:(?P<region>[a-z0-9-]*):(?P<account>\d*):"
    r"(?:foundation-model|(?P<application>application-)?inference-profile|[a-z-]+)/(?P<name>.+)"
)
_ID = re.compile(r"(?:(?P<prefix>[a-z]{2,6}(?:-[a-z]{2,4})?)\.)?(?P<vendor>[a-z0-9]+)\.(?P<model>[^/]+)")
_VERSION = re.compile(r"-v\d+(?::\d+)?(?::\w+)?$")
_PROVIDERS = {"anthropic": Provider.ANTHROPIC, "openai": Provider.OPENAI, "google": Provider.GOOGLE}


class ModelId(NamedTuple):
    """A model id taken apart; `None` is what it does not tell."""

    model: str | None
    """As the vendor names it: without prefix and version of Bedrock's."""
    provider: Provider | None
    endpoint_scope: str | None
    account: str | None
    """The AWS account of an ARN."""


def model_id(text: str) -> ModelId:
    """Take a model id apart, percent-decoded as it stands in a path."""
    arn = _ARN.fullmatch(text)
    account = (arn["account"] or None) if arn else None
    match = None if arn and arn["application"] else _ID.fullmatch(arn["name"] if arn else text)
    if match is None:
        return ModelId(None, None, None, account)
    model = _VERSION.sub("", match["model"])
    return ModelId(model, _PROVIDERS.get(match["vendor"], Provider.OTHER), _scope(match["prefix"]), account)


def _scope(prefix: str | None) -> str:
    if prefix is None:
        return "regional"
    return "global" if prefix == "global" else "geo"
