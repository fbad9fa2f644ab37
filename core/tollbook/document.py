"""The documented JSON of one merged call (`tollbook calls --json`, GET /api/v1/calls)."""

from typing import Any

from tollbook.answer import iso_time
from tollbook.call import Call, Charge
from tollbook.money import usd_text
from tollbook.sighting import SCOPE_FIELDS
from tollbook.work import WORK_FIELDS


def document(call: Call, charge: Charge) -> dict[str, Any]:
    """One call with its ids, context, evidence and priced lines."""
    work = call.work
    ids: dict[str, str | list[str]] = {}
    for one in call.ids:
        values = [other.value for other in call.ids if other.kind is one.kind]
        ids[one.kind] = values[0] if len(values) == 1 else values
    return {
        "call_id": call.call_id,
        "ids": ids,
        "tool": call.tool,
        "channel": call.channel,
        "provider": call.provider,
        "model": call.model or call.model_requested,
        "started_at": iso_time(call.started_at),
        "ended_at": iso_time(call.ended_at),
        "usage": None if call.usage is None else call.usage.as_dict(),
        "extra": {model: usage.as_dict() for model, usage in call.extra.items()},
        "quality": call.quality.name.lower(),
        "status": call.status,
        "billing": call.billing,
        "scope": {name: getattr(call.scope, name) for name in SCOPE_FIELDS},
        "service_tier": call.service_tier,
        "speed": call.speed,
        "inference_geo": call.inference_geo,
        "purpose": call.purpose,
        "session_id": call.session_id,
        "turn_id": call.turn_id,
        "agent_id": call.agent_id,
        "engineer": work.engineer.value if work.engineer else None,
        "device": work.device.value if work.device else None,
        "repo": work.repo.value if work.repo else None,
        "branch": work.branch.value if work.branch else None,
        "commit": work.commit.value if work.commit else None,
        "tickets": work.tickets.value.split() if work.tickets else [],
        "evidence": {name: known.evidence for name in WORK_FIELDS if (known := getattr(work, name)) is not None},
        "sources": list(call.sources),
        "list_nano_usd": charge.list_nano_usd,
        "list_usd": usd_text(charge.list_nano_usd),
        "unpriced": charge.unpriced,
        "price_book": charge.price_book,
        "lines": [
            {
                "model": line.model,
                "kind": line.kind,
                "quantity": line.quantity,
                "list_nano_usd": line.list_nano_usd,
                "price_row": line.row,
            }
            for line in charge.lines
        ],
        "flags": sorted({*call.flags, *charge.flags}),
    }
