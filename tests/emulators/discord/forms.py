"""Collects what is wrong with a request body and says it in Discord's nested form (Reference: Error Messages).

Wordings are those that public bug reports quote from the live API.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .errors import ApiError

Path = tuple[str | int, ...]
SNOWFLAKE = re.compile(r"\d{1,20}")


class Form:
    def __init__(self) -> None:
        self._tree: dict[str, Any] = {}

    def wrong(self, path: Path, code: str, message: str) -> None:
        node = self._tree
        for key in path:
            node = node.setdefault(str(key), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def check(self) -> None:
        if self._tree:
            raise ApiError(50035, self._tree)

    @property
    def failed(self) -> bool:
        return bool(self._tree)

    # --- the recurring complaints -------------------------------------------------------------------------------------

    def required(self, path: Path) -> None:
        self.wrong(path, "BASE_TYPE_REQUIRED", "This field is required")

    def bad_length(self, path: Path, low: int, high: int) -> None:
        self.wrong(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")

    def too_long(self, path: Path, high: int) -> None:
        self.wrong(path, "BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")

    def choices(self, path: Path, allowed: Iterable[Any]) -> None:
        listed = ", ".join(repr(choice) for choice in allowed)
        self.wrong(path, "BASE_TYPE_CHOICES", f"Value must be one of ({listed}).")

    # --- typed fields -------------------------------------------------------------------------------------------------

    def text(self, path: Path, value: Any, *, low: int = 0, high: int, required: bool = False) -> str:
        """A string; one with a lower bound is 'between', one without is 'or fewer'. Gives "" when it is unusable."""
        if value is None or (required and value == "" and low == 0):
            if required:
                self.required(path)
            return ""
        if isinstance(value, (dict, list, bool)):
            self.wrong(path, "STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.')
            return ""
        text = str(value)
        if low and not low <= len(text) <= high:
            self.bad_length(path, low, high)
        elif len(text) > high:
            self.too_long(path, high)
        return text

    def integer(
        self, path: Path, value: Any, *, low: int | None = None, high: int | None = None, default: int = 0
    ) -> int:
        if value is None:
            return default
        try:
            number = int(value)
        except (TypeError, ValueError):
            self.wrong(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
            return default
        if low is not None and number < low:
            self.wrong(path, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {low}.")
        if high is not None and number > high:
            self.wrong(path, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {high}.")
        return number

    def snowflake(self, path: Path, value: Any) -> str:
        if value is None:
            self.required(path)
            return ""
        if not SNOWFLAKE.fullmatch(str(value)):
            self.wrong(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
            return ""
        return str(value)

    def listed(self, path: Path, value: Any) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        return value

    def mapping(self, path: Path, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.wrong(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
            return {}
        return value

    def url(self, path: Path, value: Any, *, schemes: tuple[str, ...] = ("http", "https"), high: int = 2048) -> None:
        text = str(value)
        scheme, colon, rest = text.partition("://")
        if not colon or not rest or any(c.isspace() for c in text):
            self.wrong(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
        elif scheme.lower() not in schemes:
            listed = ", ".join(repr(choice) for choice in schemes)
            words = f'Scheme "{scheme}" is not supported. Scheme must be one of ({listed}).'
            self.wrong(path, "URL_TYPE_INVALID_SCHEME", words)
        elif len(text) > high:
            self.too_long(path, high)


def refuse(path: Path, code: str, message: str) -> ApiError:
    """A form error that stands alone."""
    form = Form()
    form.wrong(path, code, message)
    try:
        form.check()
    except ApiError as error:
        return error
    raise AssertionError("a form with a complaint always refuses")
