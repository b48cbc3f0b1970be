"""Starts one emulator by name: `python -m tests.emulators telegram --port 8081`."""

import importlib
import sys

# name → module whose run(argv) serves until interrupted; imported only when asked for
EMULATORS = {
    "telegram": "tests.emulators.telegram.__main__",
    "discord": "tests.emulators.discord.__main__",
    "both": "tests.emulators.both",
    "feeds": "tests.emulators.feeds.__main__",
}


def main(argv: list[str]) -> int:
    if not argv or argv[0] not in EMULATORS:
        print(f"usage: python -m tests.emulators {{{'|'.join(EMULATORS)}}} [--port N]", file=sys.stderr)
        return 2
    result = importlib.import_module(EMULATORS[argv[0]]).run(argv[1:])
    return int(result or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
