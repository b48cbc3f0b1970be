"""The refusals of the Bot API: a status, a description and, sometimes, parameters."""


class ApiError(Exception):
    """Answered to the bot as {"ok": false, "error_code": code, "description": …, "parameters": …}."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def _humble(text: str) -> str:
    """The server lowers the first letter, but not of error names (Client.cpp fail_query_with_error)."""
    if len(text) > 1 and (text[1] == "_" or "A" <= text[1] <= "Z"):
        return text
    return text[:1].lower() + text[1:]


def bad(text: str, **parameters: int) -> ApiError:
    return ApiError(400, f"Bad Request: {_humble(text)}", **parameters)


def forbidden(text: str) -> ApiError:
    return ApiError(403, f"Forbidden: {_humble(text)}")


def conflict(text: str) -> ApiError:
    return ApiError(409, f"Conflict: {text}")


def too_many(retry_after: int) -> ApiError:
    return ApiError(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)
