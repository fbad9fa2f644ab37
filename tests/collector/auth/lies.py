"""What a sender may say of itself where nobody is to believe it: headers, metadata, and names of attributes."""

from tests.collector.auth.two_tenants import SECRET

HEADERS = [
    ("x-tollbook-tenant", "2"), ("x-tenant", SECRET), ("tenant", "2"), ("x-tollbook-engineer", "root@example.com"),
    ("x-forwarded-for", "127.0.0.1"), ("x-forwarded-host", f"{SECRET}.example.com"), ("x-forwarded-user", SECRET),
    ("forwarded", f"for=127.0.0.1;host={SECRET}"), ("x-real-ip", "127.0.0.1"), ("x-original-url", "/api/v1/audit"),
    ("x-rewrite-url", "/api/v1/audit"), ("x-http-method-override", "POST"), ("cookie", "tenant=2; session=admin"),
    ("x-remote-user", "root@example.com"), ("remote-user", "root@example.com"), ("x-ssl-client-cn", "admin"),
    ("x-tollbook-role", "admin"), ("proxy-authorization", "Basic YTpi"), ("x-scope-orgid", "2"),
    ("x-tollbook-device", "00112233445566ff"), ("x-api-key", SECRET), ("from", "root@example.com"),
    ("baggage", f"tenant=2,user.email=root@{SECRET}.example.com"), ("tracestate", f"tenant={SECRET}"),
]  # fmt: skip
ATTRIBUTES = (
    "tenant", "tenant.id", "tenant_id", "tollbook.tenant", "tollbook.engineer", "tollbook.device", "tollbook.observer",
    "tollbook.credential", "tollbook.role", "user.email", "user.id", "user.name", "user", "enduser.id", "email",
    "device.id", "host.id", "host.name", "service.instance.id", "authorization", "flag.paid", "tollbook.flag.paid",
)  # fmt: skip
