"""The power fails, several times, at the worst moments: no story lost, none posted twice, no vote lost."""

from __future__ import annotations

from pathlib import Path

from tests.cuts import Town, while_hearing, while_sending


async def test_killed_at_the_worst_moments_it_posts_nothing_twice_and_counts_every_vote(tmp_path: Path) -> None:
    async with Town.living(tmp_path, seed=1) as town:
        await town.live_until(while_sending(acted=True))
        await town.live_until(while_sending(acted=False))
        await town.live_until(while_hearing(), stories=1)
        await town.settle()
