"""Azure OpenAI and Foundry: OpenAI's protocols on a customer's own host.

`/openai/deployments/{deployment}/...` names a deployment, and so does the `model` of a request to `/openai/v1/...`: a
name that the customer chose, no model. The model is the answer's. Which kind of deployment served a call (global, data
zone, regional) is not on the wire, only the region that served it.
"""

import re
from dataclasses import replace

from tollbook.sighting import Scope
from tollbook.vocabulary import Billing, Channel
from tollbook_agent.capture.wire.exchange import Reader, Request
from tollbook_agent.capture.wire.openai import reader
from tollbook_agent.capture.wire.openai_call import Headers, Payer, name
from tollbook_agent.capture.wire.openai_payer import Api, Route, path_of

_HOST = re.compile(
    r"(?P<resource>[a-z0-9-]+)\.(?:openai\.azure\.com|cognitiveservices\.azure\.com|services\.ai\.azure\.com|azure-api\.net)\.?"
)
_PATH = re.compile(r"(?:/openai(?:/v1|/deployments/[^/]+)?|/models)(?P<api>/responses(?:/compact)?|/chat/completions)")
_REQUEST_IDS = ("apim-request-id", "x-request-id")


def open_exchange(request: Request) -> Reader | None:
    """A reader for a call to OpenAI's protocols on Azure; `None` for what is free or not ours."""
    if request.method != "POST":
        return None
    host, path = _HOST.fullmatch(request.host.lower()), _PATH.fullmatch(path_of(request))
    if host is None or path is None:
        return None
    payer = Payer(
        Channel.AZURE,
        Billing.METERED,
        Scope(account=host["resource"]),
        _REQUEST_IDS,
        names_model=False,
        answered=_answered,
    )
    return reader(request, Route(Api(path["api"]), payer))


def _answered(scope: Scope, headers: Headers) -> Scope:
    """The region that served the call, as Azure writes it (`East US 2`)."""
    return replace(scope, region=name(headers.get("x-ms-region")))
