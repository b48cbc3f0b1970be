"""`/privacy`: what is stored about people, for how long, and whom to ask."""

from __future__ import annotations

from bot.card.answer import heading, item, paragraph
from bot.commands.request import Request
from bot.model import Phrase
from bot.ports import Answer, Command, Task

COMMAND = Command(
    name="privacy",
    # TRANSLATORS: a command as it is typed: a slash and one word of lower-case letters, without spaces
    shown_as=Phrase("/privacy"),
    description=Phrase("What I store about you, and whom to ask"),
    # TRANSLATORS: a button that leads to what is stored about people
    task=Task(Phrase("Privacy")),
)


async def answer(request: Request) -> Answer:
    t, services = request.t, request.services
    return request.answer(
        heading(t("What I store")),
        item(t("For each vote: your id on this platform, the emoji or button, and the story. No name, no messages.")),
        item(t("Whether you want your votes erased where you leave, if you have asked for it.")),
        item(t("For each change of a setting: who changed it (the id), what and when.")),
        item(t("What you ask me, until you have the answer; at most for a day.")),
        heading(t("For how long")),
        item(
            t.plural(
                "Votes are kept with their story, until {n} day after it was last seen at its source.",
                "Votes are kept with their story, until {n} days after it was last seen at its source.",
                services.entries_days,
            )
        ),
        item(
            t(
                "While a story can be voted on, its votes are kept in any case. "
                "Stories of one event share their votes and are forgotten together."
            )
        ),
        item(t("When none of your votes is left, your id is forgotten within the hour.")),
        item(
            t(
                "You can see, export and erase your votes: {command}. Of erased reactions a mark without your id is "
                "left while voting is open, so that they don't count again.",
                command="/me",
            )
        ),
        item(
            t.plural(
                "The log of settings is kept for {n} day.",
                "The log of settings is kept for {n} days.",
                services.log_days,
            )
        ),
        item(
            # TRANSLATORS: follows the sentence on the log of settings: as long as that
            t(
                "A vote that could not be stored because of a fault is noted for whoever runs this bot, "
                "and that note is kept just as long."
            )
        ),
        heading(t("Whom to ask")),
        paragraph(
            t(
                "Whoever runs this bot is responsible for what it stores, and can tell you what it is or delete it. "
                "The admins of this chat know who that is. Nothing goes to anyone else."
            )
        ),
        private=True,
    )
