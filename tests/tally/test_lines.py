"""Whose turn it is: chats in turn, what is known to be wrong first, nobody behind one that has to wait."""

from __future__ import annotations

from datetime import timedelta

from bot.tally.lines import Attempt, Line, Lines, Walk
from tests.tally.stage import NOW

MINUTE = timedelta(minutes=1)


def begun(*chats: str) -> Lines:
    lines = Lines()
    for chat in chats:
        lines.begin(chat, 1)
    return lines


def take(lines: Lines, at=NOW) -> Line:
    line = lines.take(at)
    assert line is not None
    return line


def walks(lines: Lines, line: Line, steps: int = 1) -> bool:
    for _ in range(steps):
        line.walked()
    return lines.give_back(line, NOW)


def test_chats_take_turns_and_one_that_is_taken_is_nobody_elses():
    lines = begun("a", "b")
    first = take(lines)
    assert (first.chat, take(lines).chat, lines.take(NOW)) == ("a", "b", None)
    lines.give_back(first, NOW)
    assert take(lines) is first


def test_voters_are_compared_in_one_chat_at_a_time_after_all_numbers():
    lines = begun("a", "b", "c")
    a, b = take(lines), take(lines)
    walks(lines, a)
    walks(lines, b)
    assert take(lines).chat == "c"
    assert take(lines) is a
    assert lines.take(NOW) is None
    lines.give_back(a, NOW)
    assert take(lines) is b


def test_a_line_that_is_shut_is_passed_over_until_then():
    lines = begun("a")
    line = take(lines)
    line.shut_until = NOW + MINUTE
    line.ask_again(Attempt(5), NOW + MINUTE)
    assert not lines.give_back(line, NOW)
    lines.add("a", 2, 6, NOW)
    assert lines.take(NOW) is None, "what was found late has to wait, too"
    assert lines.wakes_at() == NOW + MINUTE
    assert take(lines, NOW + MINUTE) is line
    assert [line.due(NOW), line.due(NOW), line.due(NOW + MINUTE)] == [Attempt(6), None, Attempt(5)]


def test_what_was_found_late_waits_neither_for_a_retry_nor_in_the_background():
    lines = begun("a", "b")
    a, b = take(lines), take(lines)
    a.ask_again(Attempt(1), NOW + MINUTE)
    walks(lines, a, 2)
    walks(lines, b)
    busy = take(lines)
    assert busy is b
    lines.add("a", 2, 7, NOW)
    assert take(lines) is a
    assert a.due(NOW) == Attempt(7)
    lines.give_back(b, NOW)
    lines.add("b", 2, 8, NOW)
    assert take(lines).looks is False
    lines.add("new", 2, 9, NOW)
    new = take(lines)
    assert (new.chat, new.order, new.walk, new.due(NOW)) == ("new", 2, Walk.DONE, Attempt(9))


def test_what_begins_anew_or_is_forgotten_does_not_count_any_more():
    lines = begun("a", "b")
    a, b = take(lines), take(lines)
    lines.begin("a", 2)
    assert not lines.holds(a)
    lines.give_back(a, NOW)
    assert (take(lines) is not a, lines.take(NOW)) == (True, None)
    lines.forget()
    assert not lines.holds(b)
    assert lines.give_back(b, NOW), "nothing is left"
    assert lines.wakes_at() is None


def test_what_begins_anew_before_it_was_gone_through_is_as_old_as_before():
    lines = begun("a")
    line = take(lines)
    lines.begin("a", 5)
    assert take(lines).order == 1
    lines.give_back(line, NOW)

    lines = begun("a")
    line = take(lines)
    line.ask_again(Attempt(1), NOW + MINUTE)
    walks(lines, line, 2)
    lines.begin("a", 5)
    assert take(lines).order == 5


def test_a_line_ends_with_its_last_post():
    lines = begun("a")
    line = take(lines)
    line.ask_again(Attempt(1), NOW)
    assert not walks(lines, line, 2)
    assert take(lines).due(NOW) == Attempt(1)
    assert lines.give_back(line, NOW)
