"""Errors of the API: one JSON shape, {"error": {"code", "message", "remedy"}}."""

from starlette.responses import JSONResponse

from tollbook.problem import Problem

STATUS: dict[str, int] = {
    "parameter_wrong": 400,
    "parameter_unknown": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "host_not_allowed": 403,
    "call_unknown": 404,
    "page_unknown": 404,
    "method_not_allowed": 405,
    "not_ready": 503,
    "fault": 500,
    "body_too_large": 413,
    "refused": 422,
}
"""The HTTP status of each code. Codes of bills, months and rules that are wrong are many, and all `refused`'s."""

NOT_READY = Problem(
    reason="not_ready", where="", detail="the store is not open", permanent=False, remedy="Ask again in a second."
)
FAULT = Problem(reason="fault", where="", detail="a fault in the collector", remedy="Its log on stderr has more.")


def error_body(problem: Problem) -> dict[str, dict[str, str]]:
    """The JSON of a problem. `where` names the parameter, where there is one."""
    message = f"{problem.where}: {problem.detail}" if problem.where else problem.detail
    return {"error": {"code": problem.reason, "message": message, "remedy": problem.remedy}}


def error_response(problem: Problem) -> JSONResponse:
    """The answer that says what is wrong and what to do."""
    status = STATUS.get(problem.reason, STATUS["refused"])
    headers = {"retry-after": "1"} if status == STATUS["not_ready"] else None
    return JSONResponse(error_body(problem), status, {"www-authenticate": "Bearer"} if status == 401 else headers)
