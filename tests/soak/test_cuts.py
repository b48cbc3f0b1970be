"""Fifty power cuts in a row, at moments that the seed chooses."""

from __future__ import annotations

from pathlib import Path

from tests.cuts import Town, after, while_editing, while_hearing, while_reading, while_sending, while_waiting

CUTS = 50
MOMENTS = (
    while_sending(acted=True),
    while_sending(acted=False),
    while_waiting(),
    while_hearing(),
    while_editing(),
    while_reading(),
)


async def test_fifty_power_cuts_lose_nothing_and_double_nothing(tmp_path: Path, seed: int) -> None:
    async with Town.living(tmp_path, seed) as town:
        for number in range(CUTS):
            print(f"cut {number + 1} of {CUTS} (seed {seed})")
            if town.random.random() < 0.3:
                seconds = town.random.uniform(0.2, 5)
                await town.live_until(after(seconds), stories=1, from_the_start=number > 0)
            else:
                moment = town.random.choice(MOMENTS)
                await town.live_until(moment, stories=1)
        await town.settle()
