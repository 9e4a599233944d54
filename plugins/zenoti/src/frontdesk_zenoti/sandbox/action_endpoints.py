"""What can be done over REST; a connector does none of it, scripts and demos may."""

from __future__ import annotations

from frontdesk_zenoti.sandbox import statuses
from frontdesk_zenoti.sandbox.moves import Moves
from frontdesk_zenoti.sandbox.queries import Call, Page, one
from frontdesk_zenoti.sandbox.refusal import business


def _done() -> Page:
    return one({"success": True})


def check_in(call: Call) -> Page:
    """Let the guest of a group arrive."""
    Moves(call.world).check_in(call.path["group"])
    return _done()


def undo_check_in(call: Call) -> Page:
    """Take a check-in back."""
    Moves(call.world).undo_check_in(call.path["group"])
    return _done()


def no_show(call: Call) -> Page:
    """Say that the guest of a group did not come."""
    Moves(call.world).no_show(call.path["group"])
    return _done()


def _group_of(call: Call) -> str:
    invoice = call.world.invoices.find(call.path["invoice"])
    if invoice is None or invoice.group is None:
        raise business(507, "invalid invoice_id.")
    return call.world.groups.rows[invoice.group].id


def confirm(call: Call) -> Page:
    """Confirm the group that an invoice is for, or take that back."""
    moves, group = Moves(call.world), _group_of(call)
    (moves.undo_confirm if call.flag("undo_confirm") else moves.confirm)(group)
    return _done()


def cancel(call: Call) -> Page:
    """Cancel the group that an invoice is for."""
    Moves(call.world).cancel(_group_of(call))
    return _done()


def freeze(call: Call) -> Page:
    """Let a membership rest."""
    Moves(call.world).freeze(call.path["membership"])
    return _done()


def unfreeze(call: Call) -> Page:
    """Let a membership go on."""
    moves = Moves(call.world)
    if moves.membership(call.path["membership"]).status != statuses.FROZEN:
        raise business(4081, "membership is not frozen.")
    moves.unfreeze(call.path["membership"])
    return _done()
