"""Answers to interactions and their follow-ups (Receiving and Responding). The address carries the secret."""

from __future__ import annotations

from typing import Any

from tests.emulators.discord import commands_form, components_form
from tests.emulators.discord.call import Call, Reply, Table
from tests.emulators.discord.errors import ApiError
from tests.emulators.discord.forms import Form
from tests.emulators.discord.interactions import (
    ALLOWED,
    CHOICES,
    COMMAND,
    DEFERRED_MESSAGE,
    DEFERRED_UPDATE,
    MESSAGE,
    OPEN_MODAL,
    UPDATE,
    Interaction,
)
from tests.emulators.discord.message_form import Draft, read
from tests.emulators.discord.state import EPHEMERAL, LOADING, Json, Message

routes = Table()
HOOK = "/webhooks/{webhook_id}/{webhook_token}"


@routes("POST", "/interactions/{interaction_id}/{interaction_token}/callback", token=False)
def callback(call: Call) -> Any:
    interaction = call.platform.interactions.get(call.params["interaction_token"])
    if interaction is None or interaction.id != call.params["interaction_id"]:
        raise ApiError(10062)
    if interaction.answered:
        raise ApiError(40060)
    if interaction.too_late:
        raise ApiError(10062)
    kind = _kind(call.json, interaction)
    data = call.json.get("data")
    _act(call, interaction, kind, data if isinstance(data, dict) else {})
    interaction.callback = kind
    call.platform.changed()
    return _response(call, interaction) if call.flag("with_response") else None


def _kind(body: Json, interaction: Interaction) -> int:
    form = Form()
    kind = body.get("type")
    allowed = ALLOWED[interaction.kind]
    if interaction.kind == 5 and interaction.source is None:
        allowed = (MESSAGE, DEFERRED_MESSAGE)
    if kind is None:
        form.required(("type",))
    elif kind not in allowed:
        form.choices(("type",), allowed)
    form.check()
    assert isinstance(kind, int)
    return kind


def _act(call: Call, interaction: Interaction, kind: int, data: Json) -> None:
    if kind == MESSAGE:
        draft = _read(data, call, private=True)
        interaction.message = _answer(call, interaction, draft)
    elif kind == DEFERRED_MESSAGE:
        flags = LOADING | int(data.get("flags") or 0) & EPHEMERAL
        interaction.message = _answer(call, interaction, Draft(flags=flags))
    elif kind == UPDATE:
        assert interaction.source is not None
        interaction.message = interaction.source
        if data:
            call.platform.edit(interaction.source, _read(data, call, old=interaction.source))
    elif kind == DEFERRED_UPDATE:
        interaction.message = interaction.source
    elif kind == CHOICES:
        interaction.choices = _choices(data)
    elif kind == OPEN_MODAL:
        form = Form()
        components_form.validate_modal(form, data)
        form.check()
        interaction.modal = data


def _read(data: Json, call: Call, *, old: Message | None = None, private: bool = False) -> Draft:
    """In a callback the message sits under `data`, and so do the complaints about it."""
    try:
        return read(data, call.uploads, old=old, private=private)
    except ApiError as error:
        if error.errors is not None:
            error.errors = {"data": error.errors}
        raise


def _choices(data: Json) -> list[Json]:
    form = Form()
    choices = form.listed(("data", "choices"), data.get("choices"))
    if len(choices) > 25:
        form.too_long(("data", "choices"), 25)
    commands_form.validate_choices(form, choices, ("data", "choices"), 3 if _strings(choices) else 10)
    form.check()
    return choices


def _strings(choices: list[Any]) -> bool:
    return any(isinstance(c, dict) and isinstance(c.get("value"), str) for c in choices)


def _answer(call: Call, interaction: Interaction, draft: Draft, *, first: bool = True) -> Message:
    metadata: Json = {
        "id": interaction.id, "type": interaction.kind, "user": {"id": interaction.user.id,
        "username": interaction.user.name, "discriminator": "0", "avatar": None, "global_name": None},
        "authorizing_integration_owners": {"0": interaction.channel.guild_id or "0"},
    }  # fmt: skip
    if interaction.source is not None:
        metadata["interacted_message_id"] = interaction.source.id
    message = call.platform.new_message(
        call.bot, interaction.channel, draft, interaction=metadata, webhook_id=call.world.application_id,
        type=20 if first and interaction.kind == COMMAND else 0,
    )  # fmt: skip
    if message.flags & EPHEMERAL:
        message.private_to = interaction.user.id
        return message
    return call.platform.post(message)


def _response(call: Call, interaction: Interaction) -> Reply:
    shape: Json = {"interaction": {"id": interaction.id, "type": interaction.kind}}
    resource: Json = {"type": interaction.callback}
    if interaction.message is not None:
        shape["interaction"] |= {
            "response_message_id": interaction.message.id,
            "response_message_loading": bool(interaction.message.flags & LOADING),
            "response_message_ephemeral": bool(interaction.message.flags & EPHEMERAL),
        }
        if interaction.callback in (MESSAGE, UPDATE, DEFERRED_MESSAGE):
            resource["message"] = call.platform.show(interaction.message)
    return Reply(200, shape | {"resource": resource})


# --- follow-ups -------------------------------------------------------------------------------------------------------


def _interaction(call: Call) -> Interaction:
    interaction = call.platform.interactions.get(call.params["webhook_token"])
    if interaction is None or call.params["webhook_id"] != call.world.application_id or not interaction.answered:
        raise ApiError(10015)
    if interaction.token_expired:
        raise ApiError(50027)
    return interaction


def _followed(call: Call, interaction: Interaction) -> Message:
    wanted = call.params["message_id"]
    found = interaction.message if wanted == "@original" else None
    for message in interaction.messages:
        if message.id == wanted:
            found = message
    gone = found is not None and not found.flags & EPHEMERAL and found.id not in found.channel.messages
    if found is None or gone:
        raise ApiError(10008)
    return found


@routes("POST", HOOK, token=False)
def follow_up(call: Call) -> Json:
    interaction = _interaction(call)
    draft = read(call.json, call.uploads, private=True)
    if interaction.thinking:
        assert interaction.message is not None
        # Right after a deferral a follow-up fills in the waiting message; its own ephemeral flag is ignored.
        draft.flags = (draft.flags or 0) & ~EPHEMERAL | interaction.message.flags & EPHEMERAL
        return call.platform.show(call.platform.edit(interaction.message, draft))
    message = _answer(call, interaction, draft, first=False)
    interaction.follow_ups.append(message)
    call.platform.changed()
    return call.platform.show(message)


@routes("GET", HOOK + "/messages/{message_id}", token=False)
def read_follow_up(call: Call) -> Json:
    return call.platform.show(_followed(call, _interaction(call)))


@routes("PATCH", HOOK + "/messages/{message_id}", token=False)
def edit_follow_up(call: Call) -> Json:
    message = _followed(call, _interaction(call))
    draft = read(call.json, call.uploads, old=message)
    return call.platform.show(call.platform.edit(message, draft))


@routes("DELETE", HOOK + "/messages/{message_id}", token=False)
def delete_follow_up(call: Call) -> None:
    interaction = _interaction(call)
    message = _followed(call, interaction)
    if message in interaction.follow_ups:
        interaction.follow_ups.remove(message)
    elif message is not interaction.source:
        interaction.message = None
    call.platform.delete(message)
