"""Many ids or names as one bound value, so that statements stay the same however many there are."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, Text, bindparam, func, select


def among(keys: Iterable[object]) -> Select[Any]:
    """To be the right side of ``in_``."""
    chosen = func.json_each(as_json(keys)).table_valued("value")
    return select(chosen.c.value)


def as_json(keys: Iterable[object]) -> str:
    """What to bind where a statement has ``json_each`` (`AMONG_KEYS`): one value, so that it is compiled once. None
    among them stands for nothing; a key of several parts is a tuple."""
    return json.dumps([key for key in keys if key is not None])


_keys = func.json_each(bindparam("keys", type_=Text)).table_valued("value", name="k")

AMONG_KEYS = select(_keys.c.value)
"""The same for statements that are made only once: making one costs more than running it."""
