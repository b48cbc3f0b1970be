"""After a crash a command may be told again, when others have changed things since: it changes nothing again, and says
how things are."""

from __future__ import annotations

from bot.events import ButtonPressed
from bot.model import MessageRef
from tests.commands.stage import ADMIN, GROUP, Feed, button, said

ADDRESS = "https://news.example/feed.xml"


async def test_a_language_is_not_set_again(stage):
    await stage.types("/language fr", event_id="one")
    await stage.types("/language de")
    answer = await stage.types("/language fr", event_id="one")
    assert (await stage.chat()).language == "de"
    assert "Deutsch" in said(answer)
    assert len(await stage.log()) == 2


async def test_a_pack_is_not_followed_again(stage):
    await stage.types("/sources follow crypto", event_id="one")
    await stage.types("/sources remove crypto")
    answer = await stage.types("/sources follow crypto", event_id="one")
    assert await stage.follows() == []
    assert "This chat follows nothing yet." in said(answer)
    assert "follows the pack" not in said(answer)


async def test_a_source_is_not_added_again(stage):
    stage.feeds.at[ADDRESS] = [Feed(ADDRESS, "The news")]
    await (await stage.types(f"/sources add {ADDRESS}", event_id="one")).follow_up()
    await stage.types("/sources remove 1")
    await (await stage.types(f"/sources add {ADDRESS}", event_id="one")).follow_up()
    assert await stage.follows() == []


async def test_a_removal_says_only_once_what_it_removed(stage):
    await stage.types("/sources follow crypto")
    await stage.types("/sources follow tech")
    assert "Removed: Crypto" in said(await stage.types("/sources remove 1", event_id="one"))
    assert "Removed" not in said(await stage.types("/sources remove 1", event_id="one"))
    assert [one.pack for one in await stage.follows()] == ["tech"]


async def test_a_press_of_a_menu_changes_nothing_again_either(stage):
    menu = await stage.types("/sources")
    press = ButtonPressed(MessageRef(GROUP, "1"), ADMIN, button(menu, "follow crypto").id, "a press")
    await stage.commands.press(press)
    await stage.types("/sources remove crypto")
    await stage.commands.press(press)
    assert await stage.follows() == []


async def test_other_settings_that_were_changed_since_stay_too(stage):
    await stage.speaks("hy")
    for words, change, setting in (
        ("/language fallback fr", "/language fallback de", "fallbacks"),
        ("/language ru fallback fr", "/language hy fallback en", "fallbacks"),
        ("/language translate off", "/language translate on", "translates"),
        ("/timezone Asia/Tokyo", "/timezone Asia/Yerevan", "timezone"),
    ):
        await stage.types(words, event_id=words)
        before = getattr(await stage.chat(GROUP), setting)
        await stage.types(change)
        changed = getattr(await stage.chat(GROUP), setting)
        assert changed != before
        await stage.types(words, event_id=words)
        assert getattr(await stage.chat(GROUP), setting) == changed
