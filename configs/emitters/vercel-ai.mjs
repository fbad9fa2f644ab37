// The AI SDK, version 7: its telemetry through OpenTelemetry's SDK for Node.js.
import { NodeSDK } from '@opentelemetry/sdk-node';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { registerTelemetry } from 'ai';
import { OpenTelemetry } from '@ai-sdk/otel';

new NodeSDK({ traceExporter: new OTLPTraceExporter({ url: 'http://127.0.0.1:4318/v1/traces' }) }).start();
registerTelemetry(new OpenTelemetry());
// With versions 5 and 6: generateText({ ..., experimental_telemetry: { isEnabled: true, recordInputs: false,
//   recordOutputs: false, metadata: { userId: 'ada@example.com', ticket: 'PAY-123' } } })
