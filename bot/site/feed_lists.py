"""GET /api/v1/chats/{platform}/{id}/sources.opml: what a chat reads, as a list that other readers take."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, HTTPException
from fastapi.responses import Response

from bot.gather.opml import Outline, write_opml
from bot.model import ChatKind, ChatRef
from bot.site.stories import is_operator, without_credentials
from bot.storage import chats, feed_lists
from bot.storage.database import Database


def feed_lists_router(db: Database, admin_token: str) -> APIRouter:
    """The routes of lists of feeds."""
    router = APIRouter(prefix="/api/v1")

    @router.head("/chats/{platform}/{chat_id}/sources.opml", include_in_schema=False)
    @router.get("/chats/{platform}/{chat_id}/sources.opml")
    async def sources(platform: str, chat_id: str, authorization: Annotated[str | None, Header()] = None) -> Response:
        """The feeds of a chat. A room's are everyone's to see; those of other chats need the admin token."""
        operator = is_operator(authorization, admin_token)
        ref = ChatRef(platform, chat_id)
        chat = await db.read(chats.by_ref, ref)
        # The same answer whether or not there is such a chat: that is nobody else's business.
        if chat is None or not (operator or chat.kind is ChatKind.ROOM):
            raise HTTPException(404, "There is no such room.")
        listed = await db.read(feed_lists.followed, ref)
        shown = str if operator else without_credentials
        outlines = [Outline(shown(one.url), one.title, one.pack or "", one.language or "") for one in listed]
        headers = {"Content-Disposition": 'attachment; filename="newstally.opml"', "X-Content-Type-Options": "nosniff"}
        return Response(write_opml("Newstally", outlines), media_type="text/x-opml", headers=headers)

    return router
