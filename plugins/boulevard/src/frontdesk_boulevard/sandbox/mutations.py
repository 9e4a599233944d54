"""What the API lets an application change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from frontdesk_boulevard.sandbox import clients, club_moves, ids, links, moves, people_moves
from frontdesk_boulevard.sandbox.refusal import Refusal
from frontdesk_boulevard.sandbox.tables import Table

if TYPE_CHECKING:
    from frontdesk_boulevard.sandbox.graph import Call

Given = Mapping[str, Any]
_STATES: Final = {
    "CONFIRMED": moves.confirm,
    "ARRIVED": moves.arrive,
    "ACTIVE": moves.activate,
}
_FIELDS: Final = {
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "mobilePhone": "mobile_phone",
    "dob": "dob",
    "pronoun": "pronoun",
    "externalId": "external_id",
}


def _number(table: Table[Any], identity: str, kind: str) -> int:
    number = table.number(identity) if ids.kind(identity) in {kind, None} else None
    if number is None:
        raise Refusal(200, f"{kind} not found")
    return number


def _client(call: Call, given: Given) -> int:
    return _number(call.world.clients, given["id"], "Client")


def _fields(given: Given) -> dict[str, Any]:
    return {own: given[name] for name, own in _FIELDS.items() if name in given}


def _channels(given: Given) -> dict[str, bool]:
    return {name: given[name] for name in ("email", "sms", "push") if given.get(name) is not None}


def create_webhook(call: Call, given: Given) -> dict[str, Any]:
    """Create a webhook; it is pinged at once."""
    world = call.world
    place = given.get("locationId")
    location = None if place is None else links.find(world, "Location", place)
    if place is not None and location is None:
        raise Refusal(200, "Location not found")
    made = call.registrar.create(given, world.now, location and location.id)
    world.note("webhook.created", made.id)
    return {"webhook": made}


def update_webhook(call: Call, given: Given) -> dict[str, Any]:
    """Change what a webhook is told of."""
    return {"webhook": call.registrar.update(given, call.world.now)}


def delete_webhook(call: Call, given: Given) -> dict[str, Any]:
    """Delete a webhook, and whatever it was still to be told."""
    gone = call.registrar.delete(given["id"])
    call.world.note("webhook.deleted", gone.id)
    return {"webhook": gone}


def ping_webhook(call: Call, given: Given) -> dict[str, Any]:
    """Send a PING."""
    found = call.registrar.find(given["id"])
    call.world.note("webhook.pinged", found.id)
    return {"webhook": found}


def ack_uninstall(call: Call, _given: Given) -> dict[str, Any]:
    """Acknowledge that the application was taken away."""
    return {"app_id": ids.urn("ApiApplication", call.world.application_id)}


def create_client(call: Call, given: Given) -> dict[str, Any]:
    """Take a new client in."""
    blank = dict.fromkeys(_FIELDS.values())
    number = people_moves.join(call.world, **{**blank, **_fields(given)})
    return {"client": call.world.clients.rows[number]}


def update_client(call: Call, given: Given) -> dict[str, Any]:
    """Change fields of a client."""
    number = _client(call, given)
    people_moves.edit(call.world, number, **_fields(given))
    return {"client": call.world.clients.rows[number]}


def update_marketing(call: Call, given: Given) -> dict[str, Any]:
    """Change what advertising a client wants, as staff would."""
    number = _client(call, given)
    people_moves.set_marketing(call.world, number, by_client=False, **_channels(given))
    settings = call.world.clients.rows[number].marketing_settings
    return {"marketing_setting": next(s for s in settings if s.type == clients.MARKETING)}


def update_reminders(call: Call, given: Given) -> dict[str, Any]:
    """Change what reminders a client wants, as staff would."""
    number = _client(call, given)
    people_moves.set_reminders(call.world, number, by_client=False, **_channels(given))
    settings = call.world.clients.rows[number].reminder_settings
    return {"reminder_setting": next(s for s in settings if s.type == clients.REMINDER)}


def _tagged(call: Call, given: Given, change: Callable[..., None]) -> dict[str, Any]:
    kind = "Appointment" if ids.kind(given["entityId"]) == "Appointment" else "Client"
    table: Table[Any] = getattr(call.world, links.NODES[kind])
    number = _number(table, given["entityId"], kind)
    tag = call.world.tags.find(given["tagId"])
    if tag is None:
        raise Refusal(200, "Tag not found")
    change(call.world, kind, number, tag.id)
    return {"tags": links.tags(call.world, table.rows[number])}


def add_tag(call: Call, given: Given) -> dict[str, Any]:
    """Stick a tag to a client or an appointment."""
    return _tagged(call, given, people_moves.add_tag)


def remove_tag(call: Call, given: Given) -> dict[str, Any]:
    """Take a tag off."""
    return _tagged(call, given, people_moves.remove_tag)


def update_appointment(call: Call, given: Given) -> dict[str, Any]:
    """Move an appointment to another state."""
    table = call.world.appointments
    number = _number(table, given["id"], "Appointment")
    state = given.get("state")
    if state is None:
        moves.touch(call.world, number)
    elif state != table.rows[number].state:
        if state not in _STATES:
            raise Refusal(200, f"Cannot move an appointment to state {state}")
        _STATES[state](call.world, number)
    return {"appointment": table.rows[number]}


def cancel_appointment(call: Call, given: Given) -> dict[str, Any]:
    """Call an appointment off."""
    table = call.world.appointments
    number = _number(table, given["id"], "Appointment")
    moves.cancel(call.world, number, given["reason"])
    return {"appointment": table.rows[number]}


def _member(call: Call, given: Given) -> int:
    return _number(call.world.memberships, given["id"], "Membership")


def _membership(call: Call, number: int) -> dict[str, Any]:
    return {"membership": call.world.memberships.rows[number]}


def cancel_membership(call: Call, given: Given) -> dict[str, Any]:
    """End a membership today, or on a day to come."""
    number = _member(call, given)
    row = call.world.memberships.rows[number]
    if given["cancelOn"] > call.world.club.today(row.location_id, call.world.now):
        club_moves.cancel_later(call.world, number, given["cancelOn"], given["reason"])
    else:
        club_moves.cancel_now(call.world, number, given["reason"])
    return _membership(call, number)


def pause_membership(call: Call, given: Given) -> dict[str, Any]:
    """Pause a membership until a day."""
    number = _member(call, given)
    club_moves.pause(call.world, number, given["unpauseOn"], given["reason"])
    return _membership(call, number)


def unpause_membership(call: Call, given: Given) -> dict[str, Any]:
    """Let a membership go on."""
    number = _member(call, given)
    club_moves.unpause(call.world, number)
    return _membership(call, number)


def unschedule_cancellation(call: Call, given: Given) -> dict[str, Any]:
    """Take an end back that was still to come."""
    number = _member(call, given)
    club_moves.unschedule(call.world, number)
    return _membership(call, number)


MUTATIONS: Final[Mapping[str, Callable[[Call, Given], dict[str, Any]]]] = {
    "createWebhook": create_webhook,
    "updateWebhook": update_webhook,
    "deleteWebhook": delete_webhook,
    "pingWebhook": ping_webhook,
    "ackUninstallApp": ack_uninstall,
    "createClient": create_client,
    "updateClient": update_client,
    "updateClientMarketingSettings": update_marketing,
    "updateClientReminderSettings": update_reminders,
    "addTag": add_tag,
    "removeTag": remove_tag,
    "updateAppointment": update_appointment,
    "cancelAppointment": cancel_appointment,
    "membershipCancel": cancel_membership,
    "membershipPause": pause_membership,
    "membershipUnpause": unpause_membership,
    "membershipUnscheduleCancellation": unschedule_cancellation,
}
