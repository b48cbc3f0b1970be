"""`make bench`: prints every figure beside its baseline of the same run, and writes bench.json."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path

from bench import gather, many, rhythm, start, votes
from bench.figure import Figure

OUTPUT = Path("bench.json")


async def measure() -> list[Figure]:
    """Room by room, one after the other: they would disturb each other."""
    figures: list[Figure] = []
    for room in (start, votes, gather, many, rhythm):
        print(f"measuring {room.__name__} …", flush=True)
        figures += await room.measure()
    return figures


def row(figure: Figure) -> str:
    baseline = "" if figure.baseline is None else f"  baseline {figure.baseline:.4g}"
    ratio = "" if figure.ratio is None else f"  ratio {figure.ratio:.2f}"
    met = {True: "met", False: "NOT MET", None: ""}[figure.met]
    return f"{figure.name:<60} {figure.value:>10.4g} {figure.unit:<12}{baseline}{ratio}  {figure.target} {met}".rstrip()


def main() -> None:
    figures = asyncio.run(measure())
    for figure in figures:
        print(row(figure))
    OUTPUT.write_text(json.dumps([asdict(figure) for figure in figures], indent=1) + "\n")


if __name__ == "__main__":
    main()
