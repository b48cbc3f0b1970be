"""Many ids or names as one bound value, so that statements stay the same however many there are."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import Select, Text, bindparam, func, select


def among(ids: Iterable[int | None]) -> Select[int]:
    """To be the right side of ``in_``. None among them stands for nothing."""
    chosen = func.json_each(as_json(ids)).table_valued("value")
    return select(chosen.c.value)


def as_json(ids: Iterable[int | str | None]) -> str:
    """What to bind as ``keys`` in a statement that has `AMONG_KEYS`."""
    return json.dumps([one for one in ids if one is not None])


_keys = func.json_each(bindparam("keys", type_=Text)).table_valued("value", name="k")

AMONG_KEYS = select(_keys.c.value)
"""The same for statements that are made only once: making one costs more than running it."""
