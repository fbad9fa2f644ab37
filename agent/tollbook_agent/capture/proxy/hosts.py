"""Which hosts may be decrypted, by channel: exactly these names, regions enumerated. Everything else is tunnelled.

A host on this list without a leaf on this device (a region that appeared since) is tunnelled too, and shown as not
covered: `tollbook trust rotate` makes a new anchor with the hosts of this version.
"""

from collections.abc import Mapping

CODEX_ONLY: frozenset[str] = frozenset({"chatgpt.com"})
"""Also a site for people: decrypted only where the connection belongs to Codex."""
PORT = 443

_AWS_REGIONS = (
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "us-gov-east-1", "us-gov-west-1"),
    *("ca-central-1", "ca-west-1", "sa-east-1", "mx-central-1"),
    *("eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3"),
    *("ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2"),
    *("ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-7"),
    *("il-central-1", "me-central-1", "me-south-1", "af-south-1"),
)
_GOOGLE_REGIONS = (
    *("us-central1", "us-east1", "us-east4", "us-east5", "us-south1", "us-west1", "us-west4"),
    *("northamerica-northeast1", "southamerica-east1"),
    *("europe-central2", "europe-north1", "europe-southwest1", "europe-west1", "europe-west2", "europe-west3"),
    *("europe-west4", "europe-west6", "europe-west8", "europe-west9"),
    *("asia-east1", "asia-east2", "asia-northeast1", "asia-northeast3", "asia-south1", "asia-southeast1"),
    *("australia-southeast1", "me-central1", "me-central2", "me-west1"),
)

HOSTS: Mapping[str, tuple[str, ...]] = {
    "anthropic": ("api.anthropic.com",),
    "openai": ("api.openai.com", *(f"{region}.api.openai.com" for region in ("us", "eu", "au", "in", "jp"))),
    "chatgpt": ("chatgpt.com",),
    "bedrock": (
        *(f"bedrock-runtime.{region}.amazonaws.com" for region in _AWS_REGIONS),
        *(f"bedrock-runtime-fips.{region}.amazonaws.com" for region in _AWS_REGIONS if region.startswith(("us", "ca"))),
        *(f"bedrock-mantle.{region}.api.aws" for region in _AWS_REGIONS),
    ),
    "aws_marketplace": tuple(f"aws-external-anthropic.{region}.api.aws" for region in _AWS_REGIONS),
    "vertex": (
        "aiplatform.googleapis.com",
        "aiplatform.us.rep.googleapis.com",
        "aiplatform.eu.rep.googleapis.com",
        *(f"{region}-aiplatform.googleapis.com" for region in _GOOGLE_REGIONS),
    ),
    "gemini": ("generativelanguage.googleapis.com",),
}
"""Decrypted by default."""

OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "cursor": ("api2.cursor.sh", "agent.api5.cursor.sh", "agentn.api5.cursor.sh"),
}
"""Decrypted only where somebody asked for it by name: Cursor's own guidance is to leave its hosts alone."""


def all_hosts(optional: frozenset[str] = frozenset(), more: tuple[str, ...] = ()) -> Mapping[str, tuple[str, ...]]:
    """Hosts by channel. `more`: hosts of this company, such as an Azure resource or a gateway."""
    chosen = {name: hosts for name, hosts in OPTIONAL.items() if name in optional}
    return {**HOSTS, **chosen, **({"own": more} if more else {})}
