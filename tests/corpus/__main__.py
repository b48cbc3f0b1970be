"""`python -m tests.corpus`: for each damage, how many of its cases we and feedparser read right.

`--show DAMAGE` tells what is wrong, case by case; `--unsure` lists where one could expect something else.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections import Counter
from collections.abc import Callable

from tests.corpus.cases import DAMAGES, all_cases
from tests.corpus.judging import Read, by_feedparser, by_us, differences
from tests.corpus.truth import Case


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument("--show", metavar="DAMAGE", help="part of a damage's name, or of a case's id")
    parser.add_argument("--unsure", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.unsure:
        for damage in DAMAGES:
            if damage.unsure:
                print(f"{damage.name:45} {damage.unsure}")
        return
    if options.show:
        _show(options.show)
        return
    _table()


def _show(part: str) -> None:
    for case in all_cases():
        if part in case.id and (found := differences(case, by_us(case))):
            print(case.id, *found, sep="\n    ")


def _right(reader: Callable[[Case], Read | str]) -> tuple[Counter[str], int, float]:
    """Cases read right by damage, in all, and the seconds it took."""
    right: Counter[str] = Counter()
    started = time.perf_counter()
    good = [case for case in all_cases() if not differences(case, reader(case))]
    seconds = time.perf_counter() - started
    for case in good:
        right.update(case.damages or ("whole",))
    return right, len(good), seconds


def _table() -> None:
    cases = all_cases()
    ours, our_total, our_seconds = _right(by_us)
    theirs, their_total, their_seconds = _right(by_feedparser)
    asked: Counter[str] = Counter()
    for case in cases:
        asked.update(case.damages or ("whole",))
    print(f"{'damage':48}{'cases':>6}{'ours':>7}{'feedparser':>12}")
    for name, count in asked.items():
        print(f"{name:48}{count:6}{ours[name]:7}{theirs[name]:12}{'' if ours[name] == count else '  *'}")
    print(f"{'all cases':48}{len(cases):6}{our_total:7}{their_total:12}")
    print(f"{'seconds':48}{'':6}{our_seconds:7.1f}{their_seconds:12.1f}")


if __name__ == "__main__":
    main()
