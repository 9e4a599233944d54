"""The concierge: what a property tells and offers its guests, and what they asked for."""

from __future__ import annotations

from frontdesk_guestlist.informing import (
    Section,
    information,
    remove_information,
    save_information,
)
from frontdesk_guestlist.offering import Offer, Wording, offers, remove_offer, save_offer
from frontdesk_guestlist.ordering import Order, State, order, orders, set_state

__all__ = [
    "Offer",
    "Order",
    "Section",
    "State",
    "Wording",
    "information",
    "offers",
    "order",
    "orders",
    "remove_information",
    "remove_offer",
    "save_information",
    "save_offer",
    "set_state",
]
