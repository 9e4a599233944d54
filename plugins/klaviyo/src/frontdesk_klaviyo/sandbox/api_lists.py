"""Making lists, and putting profiles on them and off."""

from __future__ import annotations

from typing import Final

from msgspec import Raw

from frontdesk_klaviyo.sandbox import shapes
from frontdesk_klaviyo.sandbox.api_reading import LIST_FIELDS, list_row
from frontdesk_klaviyo.sandbox.call import Call
from frontdesk_klaviyo.sandbox.lists import List
from frontdesk_klaviyo.sandbox.profiles import Profile
from frontdesk_klaviyo.sandbox.refusal import Problem, invalid, missing
from frontdesk_klaviyo.sandbox.shapes import Data, Many
from frontdesk_klaviyo.sandbox.wire import Reply

MOST: Final = 1_000
_LONGEST: Final = 255


def create_list(call: Call) -> Reply:
    """Make a list; without a word about it, it takes the account's opt-in process."""
    attributes = call.read(Data[shapes.ListCreate]).data.attributes
    if not 0 < len(attributes.name.strip()) <= _LONGEST:
        where = "/data/attributes/name"
        raise invalid(f"A list's name must have 1 to {_LONGEST} characters.", where)
    process = attributes.opt_in_process
    if not isinstance(process, str):
        process = call.account.default_opt_in
    made = call.account.lists.add(attributes.name, call.now, process)
    fields = call.query.choices("fields[list]", LIST_FIELDS)
    return Reply(201, {"data": list_row(call, made, fields)})


def add_members(call: Call) -> Reply:
    """Put profiles on a list, which is no consent."""
    chosen, profiles = _members(call)
    for profile in profiles:
        chosen.members.setdefault(profile.number, call.now)
    return Reply(204)


def remove_members(call: Call) -> Reply:
    """Take profiles off a list, which is no opt-out."""
    chosen, profiles = _members(call)
    for profile in profiles:
        chosen.members.pop(profile.number, None)
    return Reply(204)


def _members(call: Call) -> tuple[List, list[Profile]]:
    raws = call.read(Many[Raw]).data
    call.items = len(raws)
    if not 1 <= len(raws) <= MOST:
        raise invalid(f"A request may have 1 to {MOST} profiles, not {len(raws)}.")
    good, problems = call.reader.each(shapes.Reference, raws, "/data")
    call.refuse(problems)
    chosen = call.account.lists.by_id(call.args["id"])
    if chosen is None:
        raise missing(f"A list with id {call.args['id']} does not exist.")
    profiles: list[Profile] = []
    for index, one in good.items():
        found = call.account.profiles.by_id(one.id)
        if found is None:
            problems.append(Problem("A profile with this id does not exist.", f"/data/{index}/id"))
        else:
            profiles.append(found)
    call.refuse(problems)
    return chosen, profiles
