"""Connections on which JSON is labelled as the library expects it: other servers name the charset too, Discord doesn't.

discord.py reads a body as JSON only under exactly ``application/json``, and takes any other for text. It lets its users
choose the connector, aiohttp lets a request choose the class of its response, and that is all that is needed.
"""

from __future__ import annotations

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.tracing import Trace
from multidict import CIMultiDict, CIMultiDictProxy

_TYPE = "Content-Type"
_JSON = "application/json"


class PlainJson(aiohttp.ClientResponse):
    """A response whose content type says JSON without parameters, if it is JSON."""

    @property
    def headers(self) -> CIMultiDictProxy[str]:
        """What the server sent, but for that."""
        sent = super().headers
        kind, parameters, _ = sent.get(_TYPE, "").partition(";")
        if not parameters or kind.strip().lower() != _JSON:
            return sent
        relabelled = CIMultiDict(sent)
        relabelled[_TYPE] = _JSON
        return CIMultiDictProxy(relabelled)


class Connector(aiohttp.TCPConnector):
    """As many connections as are asked for: the Pace decides."""

    def __init__(self, resolver: AbstractResolver) -> None:
        super().__init__(limit=0, resolver=resolver)

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  # aiohttp's own
    ) -> aiohttp.connector.Connection:
        """See aiohttp. The request still waits for its response, which is made of this class."""
        req.response_class = PlainJson
        return await super().connect(req, traces, timeout)
