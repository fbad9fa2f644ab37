"""Every span attribute Tollbook writes or reads, with what it means.

Standard names wherever OpenTelemetry has one (`gen_ai.*`, `vcs.*`, `user.*`, `session.id`, `cloud.*`), everything else
under `tollbook.*`. The table in docs/attributes.md is printed from this module.
"""

SCHEMA = "tollbook.schema"
"""int. Version of this attribute set; a collector accepts every older one."""
CLAIM = "tollbook.claim"
"""string. The claim's key: observer, source, kind and value of its strongest id, separated by blanks; a blank in the
observer travels as %20."""
ORDER = "tollbook.order"
"""int. The order most fields share: minus the time of the earliest observation, or the time of a decision."""
KNOWN = "tollbook.known"
"""string, JSON. For fields known otherwise than by plain observation in that order: {field: [how, order]}."""
QUALITY = "tollbook.quality"
"""string. final, partial or placeholder: how much of the usage the observer saw."""
READER_EPOCH = "tollbook.reader_epoch"
"""int. Raised when a reader's counting is corrected; a higher epoch replaces the claim."""
SOURCE = "tollbook.source"
"""string. proxy, gateway, otel, hook, log, import or person."""

RESPONSE_ID = "gen_ai.response.id"
"""string. The provider's id of the response."""
REQUEST_ID = "tollbook.request.id"
"""string. The provider's id of the request."""
CLIENT_REQUEST_ID = "tollbook.client_request.id"
"""string. The client's own id of the request (Anthropic's hosts only)."""
GENERATION_ID = "tollbook.generation.id"
"""string. Cursor's generation."""
GATEWAY_CALL_ID = "tollbook.gateway_call.id"
"""string. A gateway's id of the call, with the attempt."""
MORE_IDS = "tollbook.ids"
"""string, JSON. Further ids: [[kind, value], ...]: derived and link ids, and any second id of a kind above."""

OPERATION = "gen_ai.operation.name"
"""string. Always `chat`."""
TOOL = "gen_ai.agent.name"
"""string. claude-code, codex, cursor or other."""
PROVIDER = "gen_ai.provider.name"
"""string. Who made the model."""
CHANNEL = "tollbook.channel"
"""string. Who bills."""
BILLING = "tollbook.billing"
"""string. metered, subscription or unknown."""
REQUEST_MODEL = "gen_ai.request.model"
"""string. The model asked for."""
RESPONSE_MODEL = "gen_ai.response.model"
"""string. The model that answered."""
SERVICE_TIER = "tollbook.service_tier"
"""string. The tier that served the call, in the provider's words."""
SPEED = "tollbook.speed"
"""string. standard or fast."""
INFERENCE_GEO = "tollbook.inference_geo"
"""string. Where inference was pinned to, in the provider's words."""
STATUS = "tollbook.status"
"""string. How the call ended when not well."""
SESSION_ID = "session.id"
"""string. The tool's session."""
TURN_ID = "tollbook.turn.id"
"""string. The prompt or turn the call belongs to."""
AGENT_ID = "tollbook.agent.id"
"""string. The subagent that made the call."""
PARENT_AGENT_ID = "tollbook.agent.parent_id"
"""string. The agent that started the subagent."""
PURPOSE = "tollbook.purpose"
"""string. turn, subagent, compaction, prewarm, probe, title or other."""
REPORTED_COST = "tollbook.reported_cost_nano_usd"
"""int, nano-dollars. What the emitter itself claimed; kept beside, never used."""

ORGANIZATION = "tollbook.scope.organization"
"""string. The provider's organisation that is billed."""
ACCOUNT = "cloud.account.id"
"""string. The account that is billed."""
WORKSPACE = "tollbook.scope.workspace"
"""string. The provider's workspace."""
PROJECT = "tollbook.scope.project"
"""string. The provider's project."""
PRINCIPAL = "tollbook.scope.principal"
"""string. The cloud identity that called."""
REGION = "cloud.region"
"""string. The region that served the call."""
ENDPOINT_SCOPE = "tollbook.scope.endpoint_scope"
"""string. global, geo or regional."""
KEY_CLASS = "tollbook.scope.key_class"
"""string. api_key, oauth, sigv4: the kind of credential, never the credential."""
API_KEY = "tollbook.scope.api_key"
"""string. The provider's own public hint of a key, never a secret."""

ENGINEER = "user.email"
"""string. Who made the call, as the observer knows."""
DEVICE = "tollbook.device"
"""string. The machine's own random id."""
OWNER = "vcs.owner.name"
"""string. The repository's owner: all before the last slash of owner/name."""
REPOSITORY = "vcs.repository.name"
"""string. The repository's bare name."""
BRANCH = "vcs.ref.head.name"
"""string. The branch the call was made on."""
COMMIT = "vcs.ref.head.revision"
"""string. The commit the branch was at."""
TICKETS = "tollbook.ticket.id"
"""string. Ticket keys said outright or found elsewhere than in the branch, separated by blanks."""
TEAM = "tollbook.team"
"""string. The team, where the observer knows it."""
CUSTOMER = "tollbook.customer"
"""string. The customer, where the observer knows it."""
TAG_PREFIX = "tollbook.tag."
"""string. A tag by its name."""

INPUT_TOKENS = "gen_ai.usage.input_tokens"
"""int. The whole prompt, cache included, as the convention says."""
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
"""int. Output, reasoning included."""
CACHE_READ_TOKENS = "gen_ai.usage.cache_read.input_tokens"
"""int. Of the prompt, what was read from a cache."""
CACHE_WRITE_TOKENS = "gen_ai.usage.cache_write.input_tokens"
"""int. Of the prompt, what was written to a cache."""
REASONING_TOKENS = "gen_ai.usage.reasoning.output_tokens"
"""int. Of the output, what was reasoning."""
USAGE_PREFIX = "tollbook.usage."
"""int. The exact counts: input, cache_read, cache_write_total, cache_write_5m, cache_write_30m, cache_write_1h,
cache_write_12h, output, reasoning, web_searches. Absent on a claim that saw no usage."""
USAGE_EXTRA = "tollbook.usage.extra"
"""string, JSON. Counts of other models inside the response: {model: [the ten counts above in order]}."""
USAGE_RAW = "tollbook.usage.raw"
"""string, JSON. The provider's usage block, numeric leaves only; insurance against new billing fields. Not read yet."""

FIELD_ATTRIBUTES: dict[str, str] = {
    "tool": TOOL,
    "channel": CHANNEL,
    "provider": PROVIDER,
    "billing": BILLING,
    "model_requested": REQUEST_MODEL,
    "model": RESPONSE_MODEL,
    "service_tier": SERVICE_TIER,
    "speed": SPEED,
    "inference_geo": INFERENCE_GEO,
    "status": STATUS,
    "session_id": SESSION_ID,
    "turn_id": TURN_ID,
    "agent_id": AGENT_ID,
    "parent_agent_id": PARENT_AGENT_ID,
    "purpose": PURPOSE,
    "reported_cost_nano_usd": REPORTED_COST,
    "scope.organization": ORGANIZATION,
    "scope.account": ACCOUNT,
    "scope.workspace": WORKSPACE,
    "scope.project": PROJECT,
    "scope.principal": PRINCIPAL,
    "scope.region": REGION,
    "scope.endpoint_scope": ENDPOINT_SCOPE,
    "scope.key_class": KEY_CLASS,
    "scope.api_key": API_KEY,
    "engineer": ENGINEER,
    "device": DEVICE,
    "branch": BRANCH,
    "commit": COMMIT,
    "tickets": TICKETS,
    "team": TEAM,
    "customer": CUSTOMER,
}
"""Where each field of a claim travels. `repo` travels as owner and name."""
