"""Anthropic's names of token classes, as usage and cost reports, Bedrock and others spell them."""

TOKEN_CLASSES: dict[str, str] = {
    "uncached_input_tokens": "input",
    "cache_read_input_tokens": "cache_read",
    "cache_creation.ephemeral_5m_input_tokens": "cache_write_5m",
    "cache_creation.ephemeral_1h_input_tokens": "cache_write_1h",
    "output_tokens": "output",
}
"""Report's `token_type` -> name of `usage.FIELDS`."""
