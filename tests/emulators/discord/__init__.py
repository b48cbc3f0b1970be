"""An emulator of Discord: API v10 and gateway over loopback sockets, with state and as strict as the platform.

Written from the platform's developer documentation and public issues; not from any client of it.
"""

from .clock import ManualClock
from .faults import Fault
from .interactions import Interaction
from .limits import REAL, Rule
from .people import Impossible
from .server import TOKEN, DiscordServer
from .state import Channel, Guild, Message, User

__all__ = [
    "REAL", "TOKEN", "Channel", "DiscordServer", "Fault", "Guild", "Impossible", "Interaction", "ManualClock",
    "Message", "Rule", "User",
]  # fmt: skip
