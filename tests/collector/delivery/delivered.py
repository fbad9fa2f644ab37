"""What the tests of the delivery send, and what the collector must have booked of it."""

from dataclasses import dataclass

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from tests.collector.serve_bench import Command

PROVIDER, MODEL = "anthropic", "claude-sonnet-4-5-20250929"
INPUT, CACHE_READ, CACHE_WRITE, OUTPUT = 5_000, 4_000, 300, 77
"""As the conventions count: the input holds both parts of the cache."""
USAGE = {"input": INPUT - CACHE_READ - CACHE_WRITE, "cache_read": CACHE_READ, "cache_write": CACHE_WRITE}


@dataclass(frozen=True)
class Spans:
    """A run of an agent with one call in it, as an application writes it."""

    response_id: str

    def attributes(self) -> dict[str, str | int]:
        """Of the call."""
        return {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": PROVIDER,
            "gen_ai.request.model": "claude-sonnet-4-5",
            "gen_ai.response.model": MODEL,
            "gen_ai.response.id": self.response_id,
            "gen_ai.usage.input_tokens": INPUT,
            "gen_ai.usage.output_tokens": OUTPUT,
            "gen_ai.usage.cache_read.input_tokens": CACHE_READ,
            "gen_ai.usage.cache_creation.input_tokens": CACHE_WRITE,
            "user.email": "ada@example.com",
        }

    def write(self, provider: TracerProvider) -> None:
        """Write them through an SDK."""
        tracer = provider.get_tracer("an-application")
        with tracer.start_as_current_span("invoke_agent", attributes={"gen_ai.operation.name": "invoke_agent"}):
            name = f"chat {MODEL}"
            with tracer.start_as_current_span(name, kind=SpanKind.CLIENT, attributes=self.attributes()):
                pass

    def made(self) -> tuple[ReadableSpan, ...]:
        """The spans themselves, for an exporter that is called by hand."""
        kept = InMemorySpanExporter()
        provider = TracerProvider(resource=Resource.create({"service.name": "an-application"}))
        provider.add_span_processor(SimpleSpanProcessor(kept))
        self.write(provider)
        provider.shutdown()
        return kept.get_finished_spans()


def assert_booked_once(command: Command, spans: Spans) -> None:
    """The collector has exactly one call of that response, with every count."""
    calls = command.get("/api/v1/calls?limit=500")["calls"]
    (call,) = [call for call in calls if call["ids"].get("response") == spans.response_id]
    assert {name: call["usage"][name] for name in USAGE} == USAGE
    assert call["usage"]["output"] == OUTPUT
    assert (call["model"], call["provider"], call["sources"]) == (MODEL, PROVIDER, ["otel"])
    assert call["engineer"] == "ada@example.com"
    assert call["list_nano_usd"] > 0
