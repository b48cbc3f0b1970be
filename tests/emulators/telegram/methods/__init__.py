"""The methods of the Bot API by name. Importing this package fills the table."""

from __future__ import annotations

from . import account, chats, editing, receiving, sending
from .registry import Call, Method, table

__all__ = ["Call", "Method", "account", "chats", "editing", "receiving", "sending", "table"]
