"""The web room as people see it, in a real Chromium."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import expect

from bot.card.answer import answer_card, paragraph
from bot.model import Button, ButtonRole, Line, LineKind, Span
from tests.browser.conftest import NewMember
from tests.languages import LANGUAGES, NAMES
from tests.web_house import House, a_story, web_house

pytestmark = pytest.mark.browser


async def test_a_vote_moves_the_tally_in_the_other_window(house: House, new_member: NewMember) -> None:
    await house.core.post(a_story())
    ann = await (await new_member()).new_page()
    ben = await (await new_member()).new_page()
    for page in (ann, ben):
        await page.goto(f"{house.address}/r/en")

    await ann.get_by_role("button", name="Bullish").click()
    await expect(ann.get_by_role("button", name="Bullish 1")).to_be_visible()
    await expect(ben.get_by_role("button", name="Bullish 1")).to_be_visible()

    await ben.get_by_role("button", name="Bearish").click()
    await expect(ann.get_by_role("button", name="Bearish 1")).to_be_visible()

    await ann.get_by_role("button", name="Bullish 1").click()
    await expect(ben.get_by_role("button", name="Bullish 0")).to_be_visible()


async def test_my_own_vote_is_marked_in_all_my_windows_and_in_no_one_elses(house: House, new_member: NewMember) -> None:
    await house.core.post(a_story())
    context = await new_member()
    here, there = await context.new_page(), await context.new_page()
    ben = await (await new_member()).new_page()
    for page in (here, there, ben):
        await page.goto(f"{house.address}/r/en")

    async def all_show(bullish: str, bearish: str) -> None:
        for page in (here, there):
            for side, pressed in (("Bullish", bullish), ("Bearish", bearish)):
                await expect(page.get_by_role("button", name=side)).to_have_attribute("aria-pressed", pressed)
        for side in ("Bullish", "Bearish"):
            await expect(ben.get_by_role("button", name=side)).to_have_attribute("aria-pressed", "false")

    await all_show("false", "false")
    await here.get_by_role("button", name="Bullish").click()
    await expect(ben.get_by_role("button", name="Bullish 1")).to_be_visible()
    await all_show("true", "false")
    await expect(here.locator(".vote.bullish .check")).to_be_visible()
    await expect(ben.locator(".vote.bullish .check")).to_be_hidden()

    await here.reload()
    await all_show("true", "false")
    await there.get_by_role("button", name="Bearish").click()
    await expect(ben.get_by_role("button", name="Bearish 1")).to_be_visible()
    await all_show("false", "true")
    await here.get_by_role("button", name="Bearish").click()
    await expect(ben.get_by_role("button", name="Bearish 0")).to_be_visible()
    await all_show("false", "false")
    await there.reload()
    await all_show("false", "false")


async def test_others_votes_leave_mine_marked(house: House, new_member: NewMember) -> None:
    await house.core.post(a_story())
    ann = await (await new_member()).new_page()
    ben = await (await new_member()).new_page()
    for page in (ann, ben):
        await page.goto(f"{house.address}/r/en")
    await ann.get_by_role("button", name="Bullish").click()
    await ben.get_by_role("button", name="Bearish").click()
    await expect(ann.get_by_role("button", name="Bearish 1")).to_be_visible()
    await expect(ann.get_by_role("button", name="Bullish 1")).to_have_attribute("aria-pressed", "true")
    await expect(ann.get_by_text("2 votes in this room")).to_have_count(1)


async def test_what_is_said_of_a_vote_stands_at_its_button_and_covers_nothing(
    house: House, new_member: NewMember
) -> None:
    await house.core.post(a_story())
    page = await (await new_member(viewport={"width": 390, "height": 700})).new_page()
    await page.goto(f"{house.address}/r/en")
    height = await page.evaluate("document.documentElement.scrollHeight")
    await page.get_by_role("button", name="Bullish").click()
    said = page.get_by_role("status").filter(has_text="Your vote counts.")
    await expect(said).to_be_visible()
    assert await said.evaluate("said => said.closest('.card').id") == "m1"
    assert await page.evaluate("document.documentElement.scrollHeight") == height
    uncovered = """() => [...document.querySelectorAll('.vote, .count, .title a')].every((one) => {
        const box = one.getBoundingClientRect();
        const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        return one.contains(top) || top.contains(one);
    })"""
    assert await page.evaluate(uncovered)


async def test_a_vote_without_a_connection_says_that_there_is_none(house: House, new_member: NewMember) -> None:
    await house.core.post(a_story())
    context = await new_member()
    page = await context.new_page()
    await page.goto(f"{house.address}/r/en")
    await context.set_offline(True)
    await page.get_by_role("button", name="Bullish").click()
    await expect(page.locator("#m1").get_by_role("status")).to_have_text("Not connected. Please try again in a moment.")
    await expect(page.get_by_role("button", name="Bullish 0")).to_have_attribute("aria-pressed", "false")


async def test_a_story_arrives_without_reloading_and_is_announced(house: House, new_member: NewMember) -> None:
    page = await (await new_member()).new_page()
    await page.goto(house.address)
    await expect(page.get_by_text("Stories arrive in a moment.")).to_be_visible()

    await house.core.post(a_story(title="Breaking: <b>bold</b> claims & more"))

    await expect(page.get_by_role("heading", name="Breaking: <b>bold</b> claims & more")).to_be_visible()
    await expect(page.locator("#announcer")).to_have_text("New story: Breaking: <b>bold</b> claims & more")
    await expect(page.get_by_text("Stories arrive in a moment.")).to_be_hidden()


async def test_whoever_reads_further_up_is_not_pulled_away(house: House, new_member: NewMember) -> None:
    for number in range(1, 13):
        await house.core.post(a_story(title=f"Story {number}"))
    page = await (await new_member(viewport={"width": 390, "height": 700})).new_page()
    await page.goto(f"{house.address}/r/en")
    for number in (13, 14, 15):
        await house.core.post(a_story(title=f"Story {number}"))
    await expect(page.get_by_role("link", name="Story 15")).to_be_in_viewport()
    await expect(page.get_by_role("button", name="New stories")).to_be_hidden()

    await page.evaluate("window.scrollTo({ top: 0, behavior: 'instant' })")
    await expect(page.get_by_role("link", name="Story 15")).not_to_be_in_viewport()
    await house.core.post(a_story(title="Story 16"))
    await page.get_by_role("button", name="New stories").click()
    await expect(page.get_by_role("link", name="Story 16")).to_be_in_viewport()
    await expect(page.get_by_role("button", name="New stories")).to_be_hidden()


async def test_who_is_at_the_end_stays_there_when_a_card_grows(house: House, new_member: NewMember) -> None:
    for number in range(1, 8):
        await house.core.post(a_story(title=f"Story {number}"))
    page = await (await new_member(viewport={"width": 390, "height": 700})).new_page()
    await page.goto(f"{house.address}/r/en")
    await expect(page.get_by_role("link", name="Story 7")).to_be_in_viewport()
    left = "document.documentElement.scrollHeight - innerHeight - scrollY"
    await page.wait_for_function(f"Math.abs({left}) < 2")

    post = house.core.posts[7]
    card = house.core._card(post.story, 7, post.tally(), "en")
    tally = Line(LineKind.TALLY, (Span("In all chats: bullish 3, bearish 1"),))
    longer = Line(LineKind.TEXT, (Span("More is known now. " * 20),))
    await house.adapter.edit(post.message, replace(card, lines=(*card.lines, longer, tally)))
    await expect(page.get_by_text("In all chats: bullish 3, bearish 1")).to_be_in_viewport()
    await page.wait_for_function(f"Math.abs({left}) < 2")

    # An answer takes its own room; the story isn't under it.
    await page.get_by_role("combobox").fill("/help")
    await page.keyboard.press("Enter")
    await expect(page.locator(".answer")).to_be_visible()
    await page.wait_for_function(f"Math.abs({left}) < 2")
    boxes = [await page.locator(place).bounding_box() for place in ("#m7", ".answer")]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"]


async def test_another_language_is_another_room(house: House, new_member: NewMember) -> None:
    page = await (await new_member(locale="de-DE")).new_page()
    await page.goto(house.address)
    await expect(page).to_have_url(f"{house.address}/r/de")
    assert await page.locator("html").get_attribute("lang") == "de"

    await house.core.post(a_story(title="日本の見出し", language="ja"), "ja")
    await page.locator(".languages summary").click()
    await page.get_by_role("link", name=NAMES["ja"]).click()
    await expect(page).to_have_url(f"{house.address}/r/ja")
    assert await page.locator("html").get_attribute("lang") == "ja"
    await expect(page.get_by_role("link", name="日本の見出し")).to_be_visible()
    await page.locator(".languages summary").click()
    await expect(page.get_by_role("link", name=NAMES["ja"])).to_have_attribute("aria-current", "page")


async def test_the_menu_of_languages_shows_all_thirteen_at_any_width_and_works_by_keyboard(
    house: House, new_member: NewMember
) -> None:
    page = await (await new_member()).new_page()
    await page.goto(f"{house.address}/r/en")
    menu = page.get_by_role("navigation")
    await expect(menu.get_by_role("link")).to_have_count(0)
    for _ in range(3):  # the way to the newest story, the name of the site, the menu
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    for width in (320, 390, 800, 1280):
        await page.set_viewport_size({"width": width, "height": 700})
        for name in NAMES.values():
            link = menu.get_by_role("link", name=name)
            await expect(link).to_be_in_viewport(ratio=1)
            box = await link.bounding_box()
            assert box is not None
            assert box["height"] >= 44
    await page.keyboard.press("Escape")
    await expect(menu.get_by_role("link")).to_have_count(0)
    await page.keyboard.press("Enter")
    for _ in range(7):
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{house.address}/r/fr")


async def test_a_command_for_another_language_leads_there(house: House, new_member: NewMember) -> None:
    page = await (await new_member()).new_page()
    await page.goto(f"{house.address}/r/en")
    door = Button("Français", role=ButtonRole.LINK, url=house.adapter.address_in("fr"))
    house.core.said["language"] = answer_card("en", paragraph("Each language has a room."), buttons=[[door]])
    await page.get_by_role("combobox").fill("/language fr")
    await page.keyboard.press("Enter")
    await page.locator(".answer").get_by_role("link", name="Français").click()
    await expect(page).to_have_url(f"{house.address}/r/fr")


async def test_times_are_told_relative_to_now_in_the_rooms_language(house: House, new_member: NewMember) -> None:
    await house.core.post(a_story(), "fr")
    page = await (await new_member()).new_page()
    await page.clock.install(time="2026-07-22T12:30:00Z")
    await page.goto(f"{house.address}/r/fr")
    await expect(page.locator("time")).to_have_text("il y a 3 heures")
    assert "2026" in (await page.locator("time").get_attribute("title") or "")


async def test_absolute_times_and_days_are_those_of_the_readers_own_zone(tmp_path: Path, new_member: NewMember) -> None:
    at = [datetime(2026, 7, 21, 14, 50, tzinfo=UTC)]
    async with web_house(tmp_path, clock=lambda: at[0]) as house:
        for hour, day in ((14, 21), (15, 21), (20, 21), (15, 22)):
            at[0] = datetime(2026, 7, day, hour, 30, tzinfo=UTC)
            for room in ("en", "hy"):
                await house.core.post(a_story(title=f"{day} at {hour}", published_at=at[0]), room)
        page = await (await new_member(timezone_id="Asia/Tokyo")).new_page()
        await page.clock.install(time="2026-07-22T16:00:00Z")
        await page.goto(f"{house.address}/r/en")
        assert await page.locator(".day").all_inner_texts() == ["Tuesday, July 21", "Yesterday", "Today"]
        title = await page.locator("time").last.get_attribute("title") or ""
        assert "July 23, 2026" in title
        assert "12:30:00" in title
        order = await page.locator("#feed > *").evaluate_all("all => all.map((one) => one.className.split(' ')[0])")
        assert order == ["day", "card", "day", "card", "card", "day", "card"]

        # Chromium has no Armenian: numbers, of the reader's own zone.
        await page.goto(f"{house.address}/r/hy")
        assert await page.locator(".day").all_inner_texts() == ["21.07.2026", "22.07.2026", "23.07.2026"]
        await expect(page.locator("time").last).to_have_text(re.compile("23.07.26, 00:30"))


async def test_a_picture_that_is_not_there_leaves_no_hole(house: House, new_member: NewMember) -> None:
    await house.core.post(a_story(picture="https://pictures.test/gone.png"))
    page = await (await new_member()).new_page()
    await page.route("https://pictures.test/**", lambda route: route.abort())
    await page.goto(f"{house.address}/r/en")
    await expect(page.locator(".picture")).to_be_hidden()
    await page.get_by_role("button", name="Bullish").click()
    await expect(page.get_by_role("button", name="Bullish 1")).to_be_visible()
    await expect(page.locator(".picture")).to_be_hidden()


async def test_everything_can_be_done_from_the_keyboard(house: House, new_member: NewMember) -> None:
    await house.core.post(a_story())
    page = await (await new_member()).new_page()
    await page.goto(f"{house.address}/r/en")

    for stop in ("To the newest story", "Newstally"):
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name=stop, exact=True)).to_be_focused()
    await page.keyboard.press("Tab")  # the languages
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Bitcoin climbs")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Bearish 1")).to_be_focused()

    await page.keyboard.press("Tab")  # the menu
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Help")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Help")).to_be_hidden()

    await page.keyboard.press("Tab")
    await expect(page.get_by_role("combobox")).to_be_focused()
    await page.keyboard.type("/help me")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("a member asked: me", exact=True)).to_be_visible()
    await expect(page.get_by_role("combobox")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator(".answer")).to_have_count(0)


async def test_the_skip_link_leads_to_the_newest_story_also_to_one_that_came_later(
    house: House, new_member: NewMember
) -> None:
    for number in range(1, 10):
        await house.core.post(a_story(title=f"Story {number}"))
    page = await (await new_member(viewport={"width": 390, "height": 600})).new_page()
    await page.goto(f"{house.address}/r/en")
    await house.core.post(a_story(title="Story 10"))
    await expect(page.get_by_role("link", name="Story 10")).to_be_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#m10")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Story 10")).to_be_focused()


async def test_a_screen_reader_hears_of_new_numbers_on_the_story_that_is_being_read(
    house: House, new_member: NewMember
) -> None:
    for title in ("Story 1", "Story 2"):
        await house.core.post(a_story(title=title))
    ann = await (await new_member()).new_page()
    ben = await (await new_member()).new_page()
    for page in (ann, ben):
        await page.goto(f"{house.address}/r/en")
    await ann.get_by_role("link", name="Story 2").focus()
    await ben.locator("#m1").get_by_role("button", name="Bullish").click()
    await expect(ann.locator("#m1").get_by_role("button", name="Bullish 1")).to_be_visible()
    await expect(ann.locator("#announcer")).to_be_empty()
    await ben.locator("#m2").get_by_role("button", name="Bearish").click()
    await expect(ann.locator("#announcer")).to_have_text("Bullish 0, Bearish 1")
    await expect(ann.get_by_role("link", name="Story 2")).to_be_focused()


async def test_an_answer_is_seen_by_its_asker_alone_and_grows_when_more_is_known(
    house: House, new_member: NewMember
) -> None:
    ann = await (await new_member()).new_page()
    ben = await (await new_member()).new_page()
    for page in (ann, ben):
        await page.goto(f"{house.address}/r/en")

    await ann.get_by_role("combobox").fill("/status")
    await ann.get_by_role("button", name="Send").click()
    await expect(ann.locator(".answer")).to_contain_text("Looking…")
    house.core.slow.set()
    await expect(ann.locator(".answer")).to_contain_text("All is well.")
    await expect(ann.locator(".answer")).to_have_count(1)

    await ann.get_by_role("button", name="Languages").click()
    await expect(ann.locator(".answer")).to_contain_text("Which language?")

    await ann.reload()
    await expect(ann.locator(".answer")).to_contain_text("Which language?")
    await expect(ben.locator(".answer")).to_have_count(0)


async def test_answers_never_stand_between_the_stories_and_are_gone_once_read(
    house: House, new_member: NewMember
) -> None:
    await house.core.post(a_story())
    page = await (await new_member()).new_page()
    await page.goto(f"{house.address}/r/en")
    for words in ("one", "two", "three"):
        await page.get_by_role("combobox").fill(f"/help {words}")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text(f"a member asked: {words}", exact=True)).to_be_visible()
    await expect(page.locator(".answer")).to_have_count(1)
    await expect(page.locator("#feed .card")).to_have_count(1)

    async with page.expect_response("**/dismiss"):
        await page.get_by_role("button", name="Close").click()
    await expect(page.locator(".answer")).to_have_count(0)
    await page.reload()
    await expect(page.get_by_role("link", name="Bitcoin climbs")).to_be_visible()
    await expect(page.locator(".answer")).to_have_count(0)


async def test_words_are_looked_for_and_an_unknown_command_is_told_so(house: House, new_member: NewMember) -> None:
    page = await (await new_member()).new_page()
    await page.goto(f"{house.address}/r/en")
    for typed, asked, told in (
        ("bitcoin etf", "/search bitcoin etf", "a member asked: bitcoin etf"),
        ("/HELP", "/help", "a member asked:"),
        ("/dance", "/dance", "There is no dance."),
    ):
        await page.get_by_role("combobox").fill(typed)
        await page.get_by_role("button", name="Send").click()
        await expect(page.locator(".answer code")).to_have_text(asked)
        await expect(page.locator(".answer")).to_contain_text(told)


async def test_the_field_says_what_it_is_for_on_a_phone(house: House, new_member: NewMember) -> None:
    page = await (await new_member(viewport={"width": 390, "height": 700})).new_page()
    fits = """() => {
        const field = document.getElementById("text");
        const style = getComputedStyle(field);
        const pen = new OffscreenCanvas(1, 1).getContext("2d");
        pen.font = style.font;
        const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        return pen.measureText(field.placeholder).width <= room;
    }"""
    for room in LANGUAGES:
        await page.goto(f"{house.address}/r/{room}")
        assert await page.evaluate(fits), room


async def test_a_menu_in_an_answer_changes_in_its_place(house: House, new_member: NewMember) -> None:
    page = await (await new_member()).new_page()
    await page.goto(f"{house.address}/r/en")
    await page.get_by_role("combobox").fill("/language")
    await page.keyboard.press("Enter")

    answer = page.locator(".answer")
    await expect(answer.get_by_role("button", name="English")).to_have_attribute("aria-pressed", "true")
    await answer.get_by_role("button", name="Français").click()
    await expect(answer.get_by_role("button", name="Français")).to_have_attribute("aria-pressed", "true")
    await expect(answer).to_have_count(1)


async def test_the_admin_link_opens_the_forms_that_only_admins_use(house: House, new_member: NewMember) -> None:
    page = await (await new_member()).new_page()
    await page.goto(f"{house.address}/r/en")
    await page.get_by_text("Commands", exact=True).click()
    await expect(page.get_by_role("button", name="Sources")).to_be_visible()
    await expect(page.get_by_role("form", name="Follow a pack")).to_have_count(0)
    await expect(page.get_by_text("Only admins change what this room follows.")).to_be_visible()

    await page.goto(house.admin_link)
    await expect(page).to_have_url(re.compile(r"/r/en$"))
    await expect(page.get_by_text("Admin", exact=True)).to_be_visible()
    await expect(page.locator(".answer")).to_contain_text("You are an admin of these rooms now.")
    await page.get_by_text("Commands", exact=True).click()
    titles = await page.get_by_role("form").evaluate_all(
        "all => all.map((form) => document.getElementById(form.getAttribute('aria-labelledby')).textContent)"
    )
    assert titles == ["Search", "Follow a pack", "Follow a feed", "Stop following a feed"]
    form = page.get_by_role("form", name="Follow a pack")
    await expect(form.get_by_role("combobox", name="Pack")).to_have_value("")
    await form.get_by_role("combobox", name="Pack").select_option("tech")
    await form.get_by_role("button", name="Follow").click()
    await expect(page.get_by_text("an admin asked: follow tech", exact=True)).to_be_visible()
    await expect(page.locator(".answer")).to_be_focused()


async def test_fields_that_can_be_suggested_are(house: House, new_member: NewMember) -> None:
    page = await (await new_member()).new_page()
    await page.goto(house.admin_link)
    await page.get_by_text("Commands", exact=True).click()
    form = page.get_by_role("form", name="Stop following a feed")
    await form.get_by_label("Address").fill("exa")
    await expect(form.locator("option")).to_have_text("Feed exa")
    await expect(form.locator("option")).to_have_attribute("value", "https://example.org/feed")


async def test_nothing_scrolls_sideways_on_a_phone(house: House, new_member: NewMember) -> None:
    await house.core.post(a_story(title="W" * 300, lede="https://example.org/" + "x" * 400), "hy")
    page = await (await new_member(viewport={"width": 320, "height": 640}, is_mobile=True)).new_page()
    await page.goto(house.admin_link)
    for room in LANGUAGES:
        await page.goto(f"{house.address}/r/{room}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320, room
        assert await page.evaluate("document.querySelector('.bar').scrollWidth") <= 320, room
    await page.goto(f"{house.address}/r/hy")
    for menu in (".tasks", ".languages"):
        await page.locator(f"{menu} summary").click()
        await expect(page.locator(menu)).to_have_attribute("open", "")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320


async def test_whatever_can_be_touched_on_a_phone_is_large_enough(house: House, new_member: NewMember) -> None:
    await house.core.post(a_story(sample=True))
    page = await (await new_member(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)).new_page()
    await page.goto(house.admin_link)
    await expect(page.locator(".answer")).to_be_visible()
    await page.locator(".tasks summary").click()
    small = """() => [...document.querySelectorAll("button, summary, input, select, .small a, .brand")]
        .filter((one) => one.checkVisibility() && one.type !== "hidden")
        .map((one) => [one.className || one.name, one.getBoundingClientRect()])
        .filter(([, box]) => box.width < 44 || box.height < 44).map(([name]) => name)"""
    assert await page.evaluate(small) == []


async def test_a_phone_on_its_side_is_mostly_stories(house: House, new_member: NewMember) -> None:
    for number in range(1, 8):
        await house.core.post(a_story(title=f"Story {number}"))
    page = await (await new_member(viewport={"width": 844, "height": 390}, is_mobile=True)).new_page()
    await page.goto(f"{house.address}/r/en")
    await expect(page.get_by_role("link", name="Story 7")).to_be_in_viewport()
    taken = """() => [".top", ".dock"].map((one) => document.querySelector(one).getBoundingClientRect())
        .reduce((sum, box) => sum + Math.max(0, Math.min(innerHeight, box.bottom) - Math.max(0, box.top)), 0)"""
    assert await page.evaluate(taken) < 0.2 * 390


async def test_no_dot_dangles_where_a_row_breaks(house: House, new_member: NewMember) -> None:
    await house.core.post(a_story(source="A newspaper with a name of its own", sample=True, sources=4))
    page = await (await new_member()).new_page()
    await page.goto(f"{house.address}/r/en")
    await expect(page.locator("time")).to_contain_text("ago")
    # Each dot is drawn before its part, and cut off where that part begins a row.
    dots = """() => {
        const row = document.querySelector(".meta").getBoundingClientRect();
        const parts = [...document.querySelectorAll(".meta .bit")];
        const shift = parseFloat(getComputedStyle(parts[0]).paddingLeft);
        return parts.map((part, place) => {
            const box = part.getBoundingClientRect();
            const begins = place === 0 || box.top > parts[place - 1].getBoundingClientRect().top + 8;
            return begins === (Math.abs(box.left - row.left) < 1) && (!begins || shift > 8);
        });
    }"""
    for width in range(320, 480, 8):
        await page.set_viewport_size({"width": width, "height": 700})
        assert all(await page.evaluate(dots)), width


async def test_a_page_that_was_away_catches_up(house: House, new_member: NewMember) -> None:
    await house.core.post(a_story())
    context = await new_member()
    page = await context.new_page()
    await page.goto(f"{house.address}/r/en")
    await page.evaluate("Object.defineProperty(document, 'hidden', {get: () => window.away, configurable: true})")
    await page.clock.install()
    await page.evaluate("window.away = true; document.dispatchEvent(new Event('visibilitychange'))")
    await page.clock.fast_forward(70_000)

    await house.core.post(a_story(title="While you were away"))
    await expect(page.get_by_text("While you were away")).to_have_count(0)
    await page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    await expect(page.get_by_role("link", name="While you were away")).to_be_visible()


async def test_a_page_outlives_a_restart_of_the_bot(tmp_path: Path, new_member: NewMember) -> None:
    page = await (await new_member()).new_page()
    async with web_house(tmp_path) as house:
        await house.core.post(a_story())
        await page.goto(f"{house.address}/r/en")
        await page.get_by_role("combobox").fill("half-typed")
        port = house.site.port
    await expect(page.get_by_text("The connection is lost.")).to_be_visible()

    async with web_house(tmp_path, port=port) as house:
        await house.core.post(a_story(title="After the restart"), delivery=2)
        await expect(page.get_by_role("link", name="After the restart")).to_be_visible(timeout=15_000)
        await expect(page.get_by_text("The connection is lost.")).to_be_hidden()
        await expect(page.get_by_role("combobox")).to_have_value("half-typed")
        await expect(page.locator(".card")).to_have_count(2)


async def test_who_is_no_admin_after_a_restart_is_shown_as_none(tmp_path: Path, new_member: NewMember) -> None:
    page = await (await new_member()).new_page()
    async with web_house(tmp_path) as house:
        await house.core.post(a_story())
        await page.goto(house.admin_link)
        await expect(page.get_by_text("Admin", exact=True)).to_be_visible()
        await page.get_by_role("button", name="Bullish").click()
        await expect(page.get_by_role("button", name="Bullish 1")).to_have_attribute("aria-pressed", "true")
        port = house.site.port
    async with web_house(tmp_path, port=port, token="another-token-than-before"):
        await expect(page.get_by_text("Admin", exact=True)).to_have_count(0, timeout=15_000)
        await page.get_by_text("Commands", exact=True).click()
        await expect(page.get_by_role("form", name="Search")).to_be_visible()
        await expect(page.get_by_role("form", name="Follow a pack")).to_have_count(0)


async def test_older_stories_are_a_click_away(house: House, new_member: NewMember) -> None:
    for number in range(1, 61):
        await house.core.post(a_story(title=f"Story {number}"))
    page = await (await new_member()).new_page()
    await page.goto(f"{house.address}/r/en")
    await expect(page.get_by_role("link", name="Story 60")).to_be_in_viewport()
    await expect(page.get_by_role("link", name="Story 10", exact=True)).to_have_count(0)

    await page.get_by_role("link", name="Older stories").click()
    await expect(page.get_by_role("link", name="Story 10", exact=True)).to_have_count(1)
    titles = await page.locator(".title").all_inner_texts()
    assert titles == [f"Story {number}" for number in range(1, 61)]
    await expect(page.get_by_role("link", name="Older stories")).to_have_count(0)


async def test_without_scripts_votes_and_commands_still_work(house: House, new_member: NewMember) -> None:
    await house.core.post(a_story())
    page = await (await new_member(java_script_enabled=False)).new_page()
    await page.goto(f"{house.address}/r/en")
    await page.get_by_role("button", name="Bullish 0").click()
    await expect(page.get_by_role("button", name="Bullish 1")).to_have_attribute("aria-pressed", "true")
    await expect(page).to_have_url(re.compile("/r/en#m1$"))
    await page.get_by_role("button", name="Bullish 1").click()
    await expect(page.get_by_role("button", name="Bullish 0")).to_have_attribute("aria-pressed", "false")
    await expect(page.locator(".answer")).to_contain_text("Your vote is taken back.")

    house.core.slow.set()
    await page.get_by_role("combobox").fill("/status")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".answer")).to_contain_text("All is well.")
    await page.get_by_role("button", name="Close").click()
    await expect(page.locator(".answer")).to_have_count(0)

    await page.get_by_text("Commands", exact=True).click()
    await page.get_by_role("form", name="Search").get_by_label("What the stories say").fill("bitcoin")
    await page.get_by_role("button", name="Search", exact=True).click()
    await expect(page.locator(".answer")).to_contain_text("a member asked: bitcoin")

    await page.locator(".languages summary").click()
    await page.get_by_role("link", name=NAMES["fr"]).click()
    await expect(page).to_have_url(f"{house.address}/r/fr")


async def test_hostile_stories_run_nothing(house: House, new_member: NewMember) -> None:
    payload = "</h2><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
    await house.core.post(a_story(title=payload, lede=payload, source=payload, url="javascript:window.hacked=1"))
    await house.core.post(a_story(picture="https://127.0.0.1:1/'onerror='window.hacked=1", title="Second"), "de")
    page = await (await new_member()).new_page()
    await page.route("https://127.0.0.1:1/**", lambda route: route.fulfill(content_type="image/png", body=b""))
    await page.goto(f"{house.address}/r/en")
    await expect(page.locator(".title")).to_have_text(payload)
    await page.goto(f"{house.address}/r/de")
    await expect(page.locator(".picture")).to_have_count(1)
    assert await page.evaluate("window.hacked") is None
