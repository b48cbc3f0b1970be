"""Where WebSub hubs reach us: their questions, and what they send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from bot.gather.hub import PATH, PUSH_EVERY, Receipt

STATUS = {Receipt.TAKEN: 202, Receipt.TOO_MANY: 429, Receipt.UNKNOWN: 410}


class Callbacks(Protocol):
    """What is behind the callbacks (`gather.hub.Hubs`)."""

    async def verify(self, token: str, query: Mapping[str, str]) -> str | None: ...

    async def receive(self, token: str, signature: str, body: bytes, content_type: str) -> Receipt: ...


def hub_router(callbacks: Callbacks) -> APIRouter:
    """The callbacks, each under its own token."""
    router = APIRouter(include_in_schema=False)

    @router.get(PATH + "/{token}")
    async def verify(token: str, request: Request) -> Response:
        challenge = await callbacks.verify(token, request.query_params)
        if challenge is None:
            return PlainTextResponse("We did not ask for that.\n", 404)
        # Whatever a browser is lured to with a challenge of its own is text, and no page of ours.
        return PlainTextResponse(challenge)

    @router.post(PATH + "/{token}")
    async def receive(token: str, request: Request) -> Response:
        headers = request.headers
        receipt = await callbacks.receive(
            token, headers.get("x-hub-signature", ""), await request.body(), headers.get("content-type", "")
        )
        later = {"Retry-After": str(round(PUSH_EVERY.total_seconds()))} if receipt is Receipt.TOO_MANY else None
        return Response(status_code=STATUS[receipt], headers=later)

    return router
