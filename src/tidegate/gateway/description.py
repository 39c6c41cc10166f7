"""What the API is: OpenAPI 3.1, the raw routes described too, and a page of it that needs nothing from elsewhere.

Control rooms are often without an internet: no script, style or font comes
from a network.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from tidegate.duis.service_request import Service
from tidegate.gateway import batches, receiving, service_requests
from tidegate.gateway.rate_limit import EARLY_WARNING, OUTCOME
from tidegate.gateway.receiving import XML_TYPES
from tidegate.gateway.replies import DUIS_XML, PROBLEM_JSON, PROBLEM_XML, REPLIES
from tidegate.gateway.settings import Settings
from tidegate.tables.posted_batch import ARROW, NDJSON

_REQUEST_ID: Final = {
    "name": "X-Request-ID",
    "in": "header",
    "required": False,
    "description": "A name for the request, for logs; it comes back. Without one, one is given.",
    "schema": {"type": "string", "maxLength": 64},
}
_FOR_EVERYONE: Final = ("metrics", "healthz", "readyz")
_PROBLEM: Final = {
    "type": "object",
    "description": "RFC 9457. `reason` is a word that does not change; `response_code` a DUIS response code where one fits.",
    "required": ["type", "title", "status", "reason", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "reason": {"type": "string", "enum": [str(reason) for reason in REPLIES]},
        "response_code": {"type": "string"},
        "request_id": {"type": "string"},
    },
}
_SERVICES: Final = {
    Service.TRANSFORM: "a Critical one, to be answered with its Pre-Command",
    Service.SEND_COMMAND: "one for a Device, or a signed Pre-Command",
    Service.NON_DEVICE: "one that no Device is asked, or for local delivery",
}
_TOLD: Final = {
    "RateLimit": "What is left of the User's fair share, and in how many seconds it is more.",
    "RateLimit-Policy": "Its allocation and its fair share, in requests of a period.",
    EARLY_WARNING: "There while the User is near its allocation and the system near its operating threshold.",
    OUTCOME: "What was decided; in shadow mode what would have been.",
}
_BATCH_ANSWER: Final = {
    "type": "object",
    "required": ["rows", "received", "rejected", "forwarded", "throttled", "excluded", "rejected_rows"],
    "properties": {
        **{
            name: {"type": "integer"}
            for name in (
                "rows",
                "received",
                "rejected",
                "forwarded",
                "throttled",
                "excluded",
                "throttled_in_shadow",
                "first_seq",
            )
        },
        "policy_version": {"type": "string"},
        "rejected_rows": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["row", "reason"],
                "properties": {"row": {"type": "integer"}, "reason": {"type": "string"}},
            },
        },
    },
}


def described(document: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """The document of FastAPI's routes, with the raw routes, refusals and how callers say who they are."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas |= {"Problem": _PROBLEM, "BatchAnswer": _BATCH_ANSWER}
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            if not operation["operationId"].startswith(_FOR_EVERYONE):
                operation["responses"] |= _refusals(400, 401, 403, 413, 422, 500, 503)
    document["paths"] = {**_raw_paths(), **document["paths"]}
    if settings.access.mode == "token":
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
    elif settings.access.mode == "certificate":
        document["components"]["securitySchemes"] = {"certificate": {"type": "mutualTLS"}}
        document["security"] = [{"certificate": []}]
    return document


def _raw_paths() -> dict[str, Any]:
    one = {
        "summary": "Hand in one Alert",
        "description": "One DUIS Response document with a Device Alert, a DCC Alert or a SMETS1 Alert. "
        "The answer comes once it is durable. The same ResponseID again is answered the same and counted once.",
        "operationId": "submit_alert",
        "parameters": [_REQUEST_ID],
        "requestBody": {
            "required": True,
            "content": {kind: {"schema": {"type": "string"}} for kind in XML_TYPES},
        },
        "responses": {
            "204": {"description": "It is durable."},
            **_refusals(400, 401, 403, 405, 408, 413, 415, 422, 500, 503),
        },
    }
    response = {
        "summary": "Hand in a copy of one Service Response",
        "description": "One DUIS Response document that answers a Service Request. What it says of security credentials is "
        "kept as evidence, once for a ResponseID; of any other nothing is kept. It is not forwarded to anyone. The "
        "answer comes once what it says is durable. Alerts, 8F66 and 8F67 included, are handed in as Alerts.",
        "operationId": "submit_response",
        "parameters": [_REQUEST_ID],
        "requestBody": one["requestBody"],
        "responses": {
            "204": {"description": "What it says is durable, or it says nothing of credentials."},
            **_refusals(400, 401, 403, 405, 408, 413, 415, 422, 500, 503),
        },
    }
    many = {
        "summary": "Hand in many Alerts",
        "description": "The alerts table, `device_id, alert_code, recipient`: an Arrow IPC stream, not compressed, or "
        "one JSON object a line. All usable rows are durable when the answer comes, or none; rows that are no "
        "Alerts come back with their reasons. The receipt instant is the gateway's.",
        "operationId": "submit_batch",
        "parameters": [_REQUEST_ID],
        "requestBody": {
            "required": True,
            "content": {
                ARROW: {"schema": {"type": "string", "format": "binary"}},
                NDJSON: {"schema": {"type": "string"}},
            },
        },
        "responses": {
            "200": {
                "description": "The usable rows are durable.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/BatchAnswer"}}},
            },
            **_refusals(400, 401, 403, 405, 408, 413, 415, 422, 500, 503),
        },
    }
    services = {path: {"post": _service(service)} for path, service in service_requests.PATHS.items()}
    documents = {receiving.PATH: {"post": one}, receiving.RESPONSES_PATH: {"post": response}}
    return {**documents, batches.PATH: {"post": many}, **services}


def _service(service: Service) -> dict[str, Any]:
    return {
        "summary": f"Send a Service Request: {_SERVICES[service]}",
        "description": "One DUIS Request document, signed by its User. What is admitted is answered by the system behind "
        "the gateway, or by the sandbox. A 503 with a RateLimit header is throttling, and Retry-After says when to "
        "come back; without one, the system is not there. A refusal that DUIS has a code for is a DUIS Response, "
        "unless a problem is asked for by name.",
        "operationId": f"send_{service.value}",
        "parameters": [_REQUEST_ID],
        "requestBody": {
            "required": True,
            "content": {kind: {"schema": {"type": "string"}} for kind in XML_TYPES},
        },
        "responses": {
            "200": {
                "description": "What the system behind the gateway answers: a DUIS Response.",
                "headers": {
                    name: {"description": what, "schema": {"type": "string"}} for name, what in _TOLD.items()
                },
                "content": {DUIS_XML: {"schema": {"type": "string"}}},
            },
            **_refusals(400, 401, 403, 405, 408, 409, 413, 415, 422, 500, 501, 502, 503, 504),
        },
    }


def _refusals(*statuses: int) -> dict[str, Any]:
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        str(status): {
            "description": " ".join(
                dict.fromkeys(it.meaning for it in REPLIES.values() if it.status == status)
            ),
            "content": {PROBLEM_JSON: schema, PROBLEM_XML: {"schema": {"type": "string"}}},
        }
        for status in statuses
    }


_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2733;background:#fff}"
    "h2{margin:2.5rem 0 .25rem}code,pre{font:14px/1.45 ui-monospace,monospace}pre{background:#f3f5f7;padding:1rem;overflow:auto}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;"
    "border-bottom:1px solid #dde3e9}b{color:#0b5394}"
)


def page(document: Mapping[str, Any]) -> str:
    """The document as a page."""
    info = document["info"]
    return "".join(
        (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}</title>',
            f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>',
            f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{escape(info['description'])} ",
            'The same as <a href="openapi.json">OpenAPI 3.1</a>.</p>',
            *(part for path, methods in document["paths"].items() for part in _of_path(path, methods)),
            "<h2>Why a request is refused</h2><table><tr><th>reason</th><th>status</th><th>meaning</th></tr>",
            *(
                f"<tr><td><code>{escape(str(reason))}</code></td><td>{it.status}</td><td>{escape(it.meaning)}</td></tr>"
                for reason, it in sorted(REPLIES.items())
            ),
            "</table><h2>What stands in answers</h2>",
            f"<pre>{escape(json.dumps(document['components']['schemas'], indent=1))}</pre></body></html>",
        )
    )


def _of_path(path: str, methods: Mapping[str, Any]) -> Iterator[str]:
    for method, operation in methods.items():
        yield f"<h2><code><b>{method.upper()}</b> {escape(path)}</code></h2><p>{escape(operation.get('summary', ''))}. "
        yield f"{escape(operation.get('description', ''))}</p><table>"
        for kind in operation.get("requestBody", {}).get("content", {}):
            yield f"<tr><td>body</td><td><code>{escape(kind)}</code></td></tr>"
        for each in operation.get("parameters", ()):
            said = escape(each.get("description", ""))
            yield f"<tr><td>{escape(each['in'])}</td><td><code>{escape(each['name'])}</code> {said}</td></tr>"
        for status, response in sorted(operation["responses"].items()):
            yield f"<tr><td>{escape(status)}</td><td>{escape(response['description'])}</td></tr>"
        yield "</table>"
