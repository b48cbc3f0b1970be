"""What was spent of a calendar month's budget, in a form that can be kept (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent of a calendar month's budget."""

    month: str
    amount: int

    def written(self) -> str:
        return f"{self.month} {self.amount}"


def spent_so_far(written: str | None, now: datetime) -> Spent:
    """What stands written, or nothing in a month that has just begun."""
    month = now.astimezone(UTC).strftime("%Y-%m")
    known, _, amount = (written or "").partition(" ")
    return Spent(month, int(amount) if known == month and amount.isascii() and amount.isdigit() else 0)


def month_end(now: datetime) -> datetime:
    """When the next month begins."""
    at = now.astimezone(UTC)
    first = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)
