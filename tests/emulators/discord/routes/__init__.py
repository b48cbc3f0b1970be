"""Every REST route, by area."""

from tests.emulators.discord.call import Route

from . import account, channels, commands, guilds, interactions, messages, reactions, threads

ROUTES: list[Route] = [
    route
    for area in (account, guilds, channels, messages, reactions, threads, commands, interactions)
    for route in area.routes.routes
]
