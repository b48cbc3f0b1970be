"""Checks message and modal components, old layout and new (Component Reference).

Limits are the reference's. Error names and words are those that public bug reports quote, where they quote any;
the table in REFUSALS.md marks the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .forms import Form, Path
from .state import Json

ROW, BUTTON, STRING_SELECT, TEXT_INPUT = 1, 2, 3, 4
SELECTS = frozenset({3, 5, 6, 7, 8})
SECTION, TEXT_DISPLAY, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER, LABEL = 9, 10, 11, 12, 13, 14, 17, 18
V2_TOP = (ROW, SECTION, TEXT_DISPLAY, GALLERY, FILE, SEPARATOR, CONTAINER)
IN_CONTAINER = (ROW, SECTION, TEXT_DISPLAY, GALLERY, FILE, SEPARATOR)
IN_ROW = (2, 3, 5, 6, 7, 8)
MAX_TOTAL, MAX_TEXT = 40, 4000
LINK, PREMIUM = 5, 6


def walk(components: list[Json]) -> Iterator[Json]:
    """Every component, nested ones and accessories too."""
    for component in components:
        yield component
        yield from walk(component.get("components") or [])
        for key in ("accessory", "component"):
            if isinstance(component.get(key), dict):
                yield from walk([component[key]])


def texts(components: list[Json]) -> str:
    return "\n".join(str(c.get("content", "")) for c in walk(components) if c.get("type") == TEXT_DISPLAY)


class _Layout:
    """One pass over one message's components."""

    def __init__(self, form: Form, uploads: set[str]) -> None:
        self.form = form
        self.uploads = uploads
        self.custom_ids: set[str] = set()
        self.ids: set[int] = set()
        self.total = 0
        self.text = 0

    def typed(self, path: Path, value: Any, allowed: tuple[int, ...]) -> Json:
        component = self.form.mapping(path, value)
        kind = component.get("type")
        if component and kind is None:
            self.form.required((*path, "type"))
            return {}
        if component and kind not in allowed:
            listed = f"({allowed[0]},)" if len(allowed) == 1 else str(tuple(allowed))
            self.form.wrong(path, "UNION_TYPE_CHOICES", f'Value of field "type" must be one of {listed}.')
            return {}
        if component:
            self.total += 1
            self._own_id(path, component)
        return component

    def _own_id(self, path: Path, component: Json) -> None:
        own = component.get("id")
        if own:
            if own in self.ids:
                self.form.wrong((*path, "id"), "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated")
            self.ids.add(own)

    def custom_id(self, path: Path, value: Any) -> None:
        custom = self.form.text((*path, "custom_id"), value, low=1, high=100, required=True)
        if custom and custom in self.custom_ids:
            self.form.wrong(
                (*path, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"
            )
        self.custom_ids.add(custom)

    def row(self, path: Path, row: Json) -> None:
        children = self.form.listed((*path, "components"), row.get("components"))
        if "components" not in row:
            self.form.required((*path, "components"))
        elif not 1 <= len(children) <= 5:
            self.form.bad_length((*path, "components"), 1, 5)
        width = 0
        for index, child in enumerate(children):
            at = (*path, "components", index)
            component = self.typed(at, child, IN_ROW)
            width += 5 if component.get("type") in SELECTS else 1
            if width > 5 and len(children) <= 5:
                self.form.wrong(at, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The maximum width of this row is 5")
            self.interactive(at, component)

    def interactive(self, path: Path, component: Json) -> None:
        if component.get("type") == BUTTON:
            self.button(path, component)
        elif component.get("type") in SELECTS:
            self.select(path, component)

    def button(self, path: Path, button: Json) -> None:
        form = self.form
        style = button.get("style")
        if style is None:
            form.required((*path, "style"))
            return
        if style not in (1, 2, 3, 4, 5, 6):
            form.choices((*path, "style"), (1, 2, 3, 4, 5, 6))
            return
        form.text((*path, "label"), button.get("label"), high=80)
        if style != PREMIUM and not button.get("label") and not button.get("emoji"):
            form.wrong(path, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A button must have a label or emoji")
        if style == LINK:
            if button.get("custom_id"):
                words = "A custom id and url cannot both be specified"
                form.wrong((*path, "custom_id"), "BUTTON_COMPONENT_CUSTOM_ID_AND_URL", words)
            if not button.get("url"):
                form.wrong((*path, "url"), "BUTTON_COMPONENT_URL_REQUIRED", "A url is required")
            else:
                form.url((*path, "url"), button["url"], schemes=("http", "https", "discord"), high=512)
        elif style != PREMIUM:
            if button.get("url"):
                words = "A custom id and url cannot both be specified"
                form.wrong((*path, "url"), "BUTTON_COMPONENT_CUSTOM_ID_AND_URL", words)
            if button.get("custom_id") in (None, ""):
                form.wrong((*path, "custom_id"), "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "A custom id is required")
            else:
                self.custom_id(path, button["custom_id"])
        self.emoji((*path, "emoji"), button.get("emoji"))

    def emoji(self, path: Path, value: Any) -> None:
        if value is None:
            return
        emoji = self.form.mapping(path, value)
        if emoji and not emoji.get("id") and not emoji.get("name"):
            self.form.wrong((*path, "name"), "COMPONENT_INVALID_EMOJI", "Invalid emoji")

    def select(self, path: Path, select: Json) -> None:
        form = self.form
        self.custom_id(path, select.get("custom_id"))
        form.text((*path, "placeholder"), select.get("placeholder"), high=150)
        low = form.integer((*path, "min_values"), select.get("min_values"), low=0, high=25, default=1)
        high = form.integer((*path, "max_values"), select.get("max_values"), low=1, high=25, default=1)
        if low > high:
            words = "Minimum values must be less than or equal to maximum values"
            form.wrong(path, "SELECT_COMPONENT_MIN_VALUES_EXCEEDS_MAX", words)
        if select["type"] == STRING_SELECT:
            self.options(path, select)

    def options(self, path: Path, select: Json) -> None:
        form = self.form
        options = form.listed((*path, "options"), select.get("options"))
        if not 1 <= len(options) <= 25:
            form.bad_length((*path, "options"), 1, 25)
        values: set[str] = set()
        for index, value in enumerate(options):
            at = (*path, "options", index)
            option = form.mapping(at, value)
            form.text((*at, "label"), option.get("label"), low=1, high=100, required=True)
            chosen = form.text((*at, "value"), option.get("value"), low=1, high=100, required=True)
            form.text((*at, "description"), option.get("description"), high=100)
            if chosen in values:
                words = "The specified option value is already used"
                form.wrong((*at, "value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", words)
            values.add(chosen)

    def v2(self, path: Path, component: Json) -> None:
        kind = component.get("type")
        if kind == ROW:
            self.row(path, component)
        elif kind == TEXT_DISPLAY:
            self.text_display(path, component)
        elif kind == SECTION:
            self.section(path, component)
        elif kind == GALLERY:
            self.gallery(path, component)
        elif kind == FILE:
            self.media((*path, "file"), component.get("file"), attachment_only=True)
        elif kind == SEPARATOR and component.get("spacing") not in (None, 1, 2):
            self.form.choices((*path, "spacing"), (1, 2))
        elif kind == CONTAINER:
            self.container(path, component)

    def text_display(self, path: Path, component: Json) -> None:
        text = self.form.text((*path, "content"), component.get("content"), low=1, high=MAX_TEXT, required=True)
        self.text += len(text)

    def section(self, path: Path, component: Json) -> None:
        children = self.form.listed((*path, "components"), component.get("components"))
        if not 1 <= len(children) <= 3:
            self.form.bad_length((*path, "components"), 1, 3)
        for index, child in enumerate(children):
            at = (*path, "components", index)
            display = self.typed(at, child, (TEXT_DISPLAY,))
            if display:
                self.text_display(at, display)
        if component.get("accessory") is None:
            self.form.required((*path, "accessory"))
            return
        at = (*path, "accessory")
        accessory = self.typed(at, component["accessory"], (BUTTON, THUMBNAIL))
        if accessory.get("type") == BUTTON:
            self.button(at, accessory)
        elif accessory:
            self.media((*at, "media"), accessory.get("media"))
            self.form.text((*at, "description"), accessory.get("description"), high=1024)

    def gallery(self, path: Path, component: Json) -> None:
        items = self.form.listed((*path, "items"), component.get("items"))
        if not 1 <= len(items) <= 10:
            self.form.bad_length((*path, "items"), 1, 10)
        for index, value in enumerate(items):
            at = (*path, "items", index)
            item = self.form.mapping(at, value)
            self.media((*at, "media"), item.get("media"))
            self.form.text((*at, "description"), item.get("description"), high=1024)

    def media(self, path: Path, value: Any, *, attachment_only: bool = False) -> None:
        if value is None:
            self.form.required(path)
            return
        media = self.form.mapping(path, value)
        url = str(media.get("url") or "")
        if not url:
            self.form.required((*path, "url"))
        elif url.startswith("attachment://"):
            if url.removeprefix("attachment://") not in self.uploads:
                words = "The specified attachment does not exist"
                self.form.wrong((*path, "url"), "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", words)
        elif attachment_only:
            words = "This url must be an attachment:// reference"
            self.form.wrong((*path, "url"), "UNFURLED_MEDIA_ITEM_ATTACHMENT_REQUIRED", words)
        else:
            self.form.url((*path, "url"), url, schemes=("http", "https", "attachment"))

    def container(self, path: Path, component: Json) -> None:
        self.form.integer((*path, "accent_color"), component.get("accent_color"), low=0, high=0xFFFFFF)
        children = self.form.listed((*path, "components"), component.get("components"))
        if not 1 <= len(children) <= MAX_TOTAL:
            self.form.bad_length((*path, "components"), 1, MAX_TOTAL)
        for index, child in enumerate(children):
            at = (*path, "components", index)
            self.v2(at, self.typed(at, child, IN_CONTAINER))


def validate(form: Form, value: Any, *, v2: bool, uploads: set[str], path: Path = ()) -> list[Json]:
    """The components of a message. `uploads` are the names that attachment:// may refer to."""
    components = form.listed((*path, "components"), value)
    layout = _Layout(form, uploads)
    if len(components) > (MAX_TOTAL if v2 else 5):
        form.bad_length((*path, "components"), 1, MAX_TOTAL if v2 else 5)
    for index, child in enumerate(components):
        at = (*path, "components", index)
        component = layout.typed(at, child, V2_TOP if v2 else (ROW,))
        if v2:
            layout.v2(at, component)
        elif component:
            layout.row(at, component)
    if v2 and layout.total > MAX_TOTAL:
        form.wrong(
            (*path, "components"), "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
            f"Total number of components cannot exceed {MAX_TOTAL}",
        )  # fmt: skip
    if v2 and layout.text > MAX_TEXT:
        form.wrong(
            (*path, "components"), "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
            f"Components displayable text size exceeds maximum size of {MAX_TEXT}",
        )  # fmt: skip
    return components


def validate_modal(form: Form, data: Json) -> None:
    """Modal: custom_id 1–100, title 1–45, one to five inputs, each in a row of its own or in a label."""
    form.text(("data", "custom_id"), data.get("custom_id"), low=1, high=100, required=True)
    form.text(("data", "title"), data.get("title"), low=1, high=45, required=True)
    components = form.listed(("data", "components"), data.get("components"))
    if not 1 <= len(components) <= 5:
        form.bad_length(("data", "components"), 1, 5)
    layout = _Layout(form, set())
    for index, child in enumerate(components):
        at: Path = ("data", "components", index)
        component = layout.typed(at, child, (ROW, TEXT_DISPLAY, LABEL))
        if component.get("type") == ROW:
            inner = form.listed((*at, "components"), component.get("components"))
            if len(inner) != 1:
                form.bad_length((*at, "components"), 1, 1)
            for place, value in enumerate(inner):
                spot = (*at, "components", place)
                _modal_input(layout, spot, layout.typed(spot, value, (TEXT_INPUT,)), needs_label=True)
        elif component.get("type") == LABEL:
            form.text((*at, "label"), component.get("label"), low=1, high=45, required=True)
            form.text((*at, "description"), component.get("description"), high=100)
            spot = (*at, "component")
            inner_one = layout.typed(spot, component.get("component"), (3, 4, 5, 6, 7, 8, 19, 21, 22, 23))
            _modal_input(layout, spot, inner_one, needs_label=False)


def _modal_input(layout: _Layout, path: Path, component: Json, *, needs_label: bool) -> None:
    if component.get("type") in SELECTS:
        layout.select(path, component)
        return
    if component.get("type") != TEXT_INPUT:
        return
    layout.custom_id(path, component.get("custom_id"))
    if component.get("style") not in (1, 2):
        layout.form.choices((*path, "style"), (1, 2))
    if needs_label:
        layout.form.text((*path, "label"), component.get("label"), low=1, high=45, required=True)
    layout.form.text((*path, "placeholder"), component.get("placeholder"), high=100)
    layout.form.integer((*path, "max_length"), component.get("max_length"), low=1, high=4000, default=4000)


def number(components: list[Json]) -> list[Json]:
    """Gives an id to each component that has none, depth first, as the platform does when it stores a message."""
    taken = {c["id"] for c in walk(components) if c.get("id")}
    free = (n for n in range(1, 10_000) if n not in taken)
    for component in walk(components):
        if not component.get("id"):
            component["id"] = next(free)
    return components
