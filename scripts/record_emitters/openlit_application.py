"""An application that OpenLIT instruments; run with OpenLIT's own packages. Its provider is found by HTTPS_PROXY."""

import sys

import anthropic
import openai
import openlit

ASKED = [{"role": "user", "content": "[[script:simple]] canary-text-of-a-prompt"}]


def main(endpoint: str) -> None:
    """Four calls: plain and streamed, of Anthropic and of OpenAI."""
    openlit.init(otlp_endpoint=endpoint, application_name="shop", environment="production", disable_batch=True)
    messages = anthropic.Anthropic(api_key="invented").messages
    messages.create(model="claude-opus-5-5", max_tokens=99, messages=ASKED)
    for _ in messages.create(model="claude-opus-5-5", max_tokens=99, messages=ASKED, stream=True):
        pass
    responses = openai.OpenAI(api_key="invented").responses
    responses.create(model="gpt-6.1-sol", input=ASKED)
    for _ in responses.create(model="gpt-6.1-sol", input=ASKED, stream=True):
        pass


main(sys.argv[1])
