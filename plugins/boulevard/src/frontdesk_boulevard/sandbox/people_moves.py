"""What can be done with a client, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from frontdesk_boulevard.sandbox.clients import MARKETING, REMINDER
from frontdesk_boulevard.sandbox.refusal import Refusal
from frontdesk_boulevard.sandbox.rows import Client, Setting
from frontdesk_boulevard.sandbox.world import World

_PERSONAL: Final = (
    "first_name",
    "last_name",
    "email",
    "mobile_phone",
    "dob",
    "pronoun",
    "external_id",
)


def wishes(client: Client) -> dict[str, Any]:
    """Tell what a client wants to be written, and whether the row still stands for somebody."""
    return {
        "active": client.active,
        "mergedIntoClientId": client.merged_into_client_id,
        "marketing": _wish(client.marketing_settings, MARKETING),
        "reminders": _wish(client.reminder_settings, REMINDER),
        "tagIds": client.tag_ids,
    }


def _wish(settings: tuple[Setting, ...], purpose: str) -> dict[str, bool] | None:
    for one in settings:
        if one.type == purpose:
            return {"email": one.email, "sms": one.sms, "push": one.push}
    return None


def edit(
    world: World, number: int, kind: str = "client.updated", *, touch: bool = True, **fields: Any
) -> None:
    """Change fields of a client; *touch* says whether the row tells when."""
    row = world.clients.rows[number]
    before = wishes(row)
    if touch:
        fields["updated_at"] = world.now
    world.clients.change(number, **fields)
    world.note(kind, row.id, before, wishes(row))


def join(world: World, **fields: Any) -> int:
    """Take a new client in, who was not asked anything yet."""
    made = world.registry.fresh(len(world.clients), world.now.timestamp())
    made.created_at = made.updated_at = world.now
    for name, value in fields.items():
        setattr(made, name, value)
    number = world.clients.add(made)
    world.note("client.created", made.id, None, wishes(made))
    return number


def set_marketing(world: World, number: int, *, by_client: bool = True, **channels: bool) -> None:
    """Change what advertising a client wants; staff may do it for them."""
    row = world.clients.rows[number]
    changed = _set(row.marketing_settings, MARKETING, channels)
    kind = "client.marketing" if by_client else "client.marketing_by_staff"
    touch = world.options.preferences_touch
    edit(world, number, kind, touch=touch, marketing_settings=changed)


def set_reminders(world: World, number: int, *, by_client: bool = True, **channels: bool) -> None:
    """Change what reminders a client wants."""
    row = world.clients.rows[number]
    changed = _set(row.reminder_settings, REMINDER, channels)
    kind = "client.reminders" if by_client else "client.reminders_by_staff"
    touch = world.options.preferences_touch
    edit(world, number, kind, touch=touch, reminder_settings=changed)


def _set(
    settings: tuple[Setting, ...], purpose: str, channels: Mapping[str, bool]
) -> tuple[Setting, ...]:
    if all(one.type != purpose for one in settings):
        settings += (Setting(purpose, False, False, False),)
    return tuple(
        msgspec.structs.replace(one, **channels) if one.type == purpose else one for one in settings
    )


def toggle_marketing(world: World, number: int) -> None:
    """Turn a client's wish about e-mail round."""
    now = wishes(world.clients.rows[number])["marketing"]
    set_marketing(world, number, email=not (now and now["email"]))


def toggle_texts(world: World, number: int) -> None:
    """Turn a client's wish about text messages round."""
    now = wishes(world.clients.rows[number])["marketing"]
    set_marketing(world, number, sms=not (now and now["sms"]))


def toggle_reminders(world: World, number: int) -> None:
    """Turn a client's wish about reminders round."""
    now = wishes(world.clients.rows[number])["reminders"]
    set_reminders(world, number, email=not (now and now["email"]))


def merge(world: World, number: int, into: int) -> None:
    """Merge a client into another one; what they did is the other's from now on."""
    source, target = world.clients.rows[number], world.clients.rows[into]
    if number == into or not source.active or not target.active:
        raise Refusal(200, "Only two active clients can be merged")
    for table in (world.appointments, world.orders, world.memberships):
        for row in tuple(table.having("client_id", source.id)):
            table.change(row, client_id=target.id)
    edit(world, into, "client.absorbed")
    edit(world, number, "client.merged", active=False, merged_into_client_id=target.id)


def deactivate(world: World, number: int) -> None:
    """Set a client aside."""
    edit(world, number, active=False)


def erase(world: World, number: int) -> None:
    """Delete a client, of which no event tells."""
    row = world.clients.rows[number]
    before = wishes(row)
    if world.options.erased == "blank":
        nothing: dict[str, Any] = dict.fromkeys(_PERSONAL)
        edit(world, number, "client.erased", active=False, **nothing)
        return
    world.clients.gone.add(number)
    world.note("client.erased", row.id, before)


def add_tag(world: World, kind: str, number: int, tag_id: str) -> None:
    """Stick a tag to a client or an appointment."""
    _stick(world, kind, number, tag_id, add=True)


def remove_tag(world: World, kind: str, number: int, tag_id: str) -> None:
    """Take a tag off."""
    _stick(world, kind, number, tag_id, add=False)


def _stick(world: World, kind: str, number: int, tag_id: str, *, add: bool) -> None:
    table = world.clients if kind == "Client" else world.appointments
    row = table.rows[number]
    others = tuple(one for one in row.tag_ids if one != tag_id)
    before = {"tagIds": row.tag_ids}
    table.change(number, tag_ids=(*others, tag_id) if add else others)
    word = f"{kind.lower()}.{'tagged' if add else 'untagged'}"
    world.note(word, row.id, before, {"tagIds": row.tag_ids})


def toggle_tag(world: World, number: int) -> None:
    """Stick the first tag to a client, or take it off."""
    tag = world.house.tags[0].id
    stuck = tag in world.clients.rows[number].tag_ids
    _stick(world, "Client", number, tag, add=not stuck)


#: Every move of a client by its name; merging needs two of them.
CLIENT_MOVES: Final[Mapping[str, Callable[[World, int], None]]] = {
    "toggle_marketing": toggle_marketing,
    "toggle_texts": toggle_texts,
    "toggle_reminders": toggle_reminders,
    "toggle_tag": toggle_tag,
    "deactivate": deactivate,
    "erase": erase,
}
