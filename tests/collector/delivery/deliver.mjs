// An application of OpenTelemetry's npm SDK: writes one call and exits with 0 once its exporter says it is delivered.
// Arguments: folder of node_modules, protocol, endpoint, JSON of the attributes.
import { createRequire } from "node:module";

const [modules, protocol, endpoint, attributes] = process.argv.slice(2);
const load = createRequire(`${modules}/`);
const packages = { grpc: "grpc", "http/json": "http", "http/protobuf": "proto" };
const { OTLPTraceExporter } = load(`@opentelemetry/exporter-trace-otlp-${packages[protocol]}`);
const { BasicTracerProvider, BatchSpanProcessor } = load("@opentelemetry/sdk-trace-base");
const { SpanKind } = load("@opentelemetry/api");

const exporter = new OTLPTraceExporter({ url: protocol === "grpc" ? endpoint : `${endpoint}/v1/traces` });
const results = [];
const send = exporter.export.bind(exporter);
exporter.export = (spans, done) =>
  send(spans, (result) => {
    results.push(result);
    done(result);
  });
const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
provider
  .getTracer("an-application")
  .startSpan("chat", { kind: SpanKind.CLIENT, attributes: JSON.parse(attributes) })
  .end();
await provider.forceFlush();
await provider.shutdown();
if (results.length !== 1 || results[0].code !== 0) {
  console.error(results);
  process.exit(1);
}
