"""Requests → who is in which room; and the cookies that say so. The pages' and the actions' common ground."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from adapters.web.desk import Closed
from adapters.web.members import ADMIN_COOKIE, COOKIE_SECONDS, MEMBER_COOKIE, Member, Signer
from bot.ports import KeyStore, Site

_KEY = "cookie_key"
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Visit:
    """Who sent a request, and in which room they are."""

    room: str
    title: str
    """The room's language by its own name."""
    member: Member
    is_new: bool
    """They came without a cookie of ours."""


class Visits:
    """Tells members by their cookies, once the signing key is loaded."""

    def __init__(self, site: Site, rooms: Mapping[str, str]) -> None:
        """``rooms``: the languages' own names by their codes."""
        self._site = site
        self._rooms = rooms
        self._signer: Signer | None = None
        self._admins: set[str] = set()

    async def load(self, keys: KeyStore) -> None:
        """Load the signing key, or make it on the first run."""
        known = await keys.get(_KEY)
        if known is None:
            known = secrets.token_hex(_KEY_BYTES)
            await keys.put(_KEY, known)
        self._signer = Signer(bytes.fromhex(known), self._site.admin_token)

    def has_been_admin(self, member: str) -> bool:
        """Whether the member came with an admin's cookie in this run; the token doesn't change within one."""
        return member in self._admins

    def member(self, request: Request) -> tuple[Member, bool]:
        """Who sent the request, and whether they are new. Raises Closed before the key is loaded."""
        if self._signer is None:
            raise Closed
        cookies = request.cookies
        known = self._signer.read(cookies.get(MEMBER_COOKIE, ""), cookies.get(ADMIN_COOKIE, ""))
        if known is None:
            return Member(self._signer.new_member(), admin=False), True
        if known.admin:
            self._admins.add(known.id)
        return known, False

    def visit(self, request: Request) -> Visit:
        """Who is in which room. Raises HTTPException 404 where there is no such room."""
        room = request.path_params["room"]
        if room not in self._rooms:
            raise HTTPException(404)
        member, is_new = self.member(request)
        return Visit(room, self._rooms[room], member, is_new)

    def is_admin_token(self, token: str) -> bool:
        """Whether this is the site's admin token."""
        return hmac.compare_digest(token.encode("utf-8", "replace"), self._site.admin_token.encode())

    def remember_member(self, response: Response, member: Member) -> None:
        """Have the browser keep who it is."""
        assert self._signer is not None, "members come from `member`, which needs the signer"
        self._set(response, MEMBER_COOKIE, self._signer.member_cookie(member.id))

    def remember_admin(self, response: Response, member: Member) -> None:
        """Have the browser keep that this member is an admin."""
        assert self._signer is not None, "members come from `member`, which needs the signer"
        self._set(response, ADMIN_COOKIE, self._signer.admin_cookie(member.id))

    def _set(self, response: Response, name: str, value: str) -> None:
        secure = self._site.public_url.startswith("https:")
        response.set_cookie(name, value, max_age=COOKIE_SECONDS, httponly=True, samesite="lax", secure=secure)
