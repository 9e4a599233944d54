"""What can be done with memberships, packages and gift cards."""

from __future__ import annotations

from typing import Any, Final

from frontdesk_zenoti.sandbox import statuses, told_members, told_packages
from frontdesk_zenoti.sandbox.journal import Event
from frontdesk_zenoti.sandbox.moves_visits import Visits
from frontdesk_zenoti.sandbox.refusal import Refusal
from frontdesk_zenoti.sandbox.rows import Card, Membership, Package

_ACTIVE: Final = (statuses.ACTIVE,)


class Sales(Visits):
    """Moves of what is sold; each sale is told by itself and by its invoice."""

    def membership(self, membership: str) -> Membership:
        """Find a membership by id."""
        found = self.world.memberships.find(membership)
        if found is None:
            raise Refusal(428, "membership invoice not found.")
        return found

    def package(self, package: str) -> Package:
        """Find a package by id."""
        found = self.world.packages.find(package)
        if found is None:
            raise Refusal(404, "package not found.")
        return found

    # --- memberships -----------------------------------------------------------------------

    def _member(self, kind: str, held: Membership, event: Event, **facts: Any) -> None:
        held.updated = self.world.clock.seconds
        self.world.note(
            f"membership.{kind}", held.id, held.center, event, guest=held.guest,
            status=held.status, recurrence=held.recurrence, **facts,
        )  # fmt: skip

    def _course(self, held: Membership, from_: tuple[int, ...], status: int) -> None:
        if held.status not in from_:
            raise Refusal(400, f"Cannot change a membership in status {held.status}.")
        before, held.status, held.recurrence = held.status, status, status
        self.world.log(held, before, self.world.clock.seconds, "api.user")

    def activate_membership(self, guest: str, plan: int = 0) -> str:
        """Sell a membership; give its id."""
        world, number = self.world, self.guest_number(guest)
        held = world.sell_membership(number, world.clock.seconds, plan)
        data = told_members.created(world, held)
        self._member("activated", held, Event("Guest.Membership.Created", "Guest", data))
        self.tell_invoice(world.invoices.rows[held.invoice])
        return held.id

    def freeze(self, membership: str, days: int = 30) -> None:
        """Let a membership rest."""
        world, held = self.world, self.membership(membership)
        self._course(held, _ACTIVE, statuses.FROZEN)
        held.freeze = world.shop.freeze(held, world.clock.seconds, days)
        data = told_members.frozen(world, held)
        event = Event(world.options.type_membership_freeze, "Guest", data)
        self._member("frozen", held, event, start=held.freeze.start)

    def unfreeze(self, membership: str) -> None:
        """Let a membership go on."""
        world, held = self.world, self.membership(membership)
        self._course(held, (statuses.FROZEN,), statuses.ACTIVE)
        held.freeze = None
        data = told_members.unfrozen(world, held)
        self._member("unfrozen", held, Event(world.options.type_membership_unfreeze, "Guest", data))

    def cancel_membership(self, membership: str) -> None:
        """End a membership."""
        world, held = self.world, self.membership(membership)
        self._course(held, (statuses.ACTIVE, statuses.FROZEN), statuses.ENDED)
        held.freeze, held.cancellation = None, world.shop.cancellation(held, world.clock.seconds)
        data = told_members.cancelled(world, held)
        event = Event(world.options.type_membership_cancelled, "Guest", data)
        self._member("cancelled", held, event, initiated=held.cancellation.initiated)

    def reinstate(self, membership: str) -> None:
        """Let a cancelled membership go on."""
        world, held = self.world, self.membership(membership)
        self._course(held, (statuses.ENDED, statuses.DEFAULT), statuses.ACTIVE)
        held.cancellation = None
        data = told_members.reinstated(world, held)
        self._member(
            "reinstated", held, Event(world.options.type_membership_reinstate, "Guest", data)
        )

    def use_guestpass(self, membership: str) -> None:
        """Let a member bring somebody along."""
        world, held = self.world, self.membership(membership)
        data = told_members.guestpass(world, held, world.clock.seconds)
        self._member("guestpass", held, Event(world.options.type_guestpass, "Guest", data))

    # --- packages --------------------------------------------------------------------------

    def _packed(self, kind: str, package: Package, event: Event, **facts: Any) -> None:
        self.world.note(
            f"package.{kind}", package.id, package.center, event, guest=package.guest,
            status=package.status, **facts,
        )  # fmt: skip

    def create_package(self, guest: str, plan: int = 1) -> str:
        """Sell a package; give its id."""
        world, number = self.world, self.guest_number(guest)
        package = world.sell_package(number, world.clock.seconds, plan)
        data = told_packages.package_created(world, package)
        self._packed("created", package, Event(world.options.type_package_created, "Guest", data))
        self.tell_invoice(world.invoices.rows[package.invoice])
        return package.id

    def redeem(self, package: str, *, product: bool = True) -> None:
        """Use something of a package."""
        world, found = self.world, self.package(package)
        used = world.redeem(found, world.clock.seconds, product=product)
        if used is None:
            raise Refusal(400, "The package has no balance.")
        data = told_packages.redeemed(world, found, used)
        event = Event(world.options.type_package_redemption, "Guest", data)
        self._packed("redeemed", found, event, item=used.item_id)
        self.tell_invoice(world.invoices.rows[used.invoice])

    def reverse(self, package: str) -> None:
        """Take the latest use of a package back."""
        world, found = self.world, self.package(package)
        if not found.redemptions:
            raise Refusal(400, "The package has no redemption.")
        *kept, undone = found.redemptions
        found.redemptions = kept
        line = next(line for line in found.services if line[0] == undone.service)
        line[2] -= 1
        data = told_packages.redeemed(world, found, undone, reversal=True)
        event = Event(world.options.type_package_reversal, "Guest", data)
        self._packed("reversed", found, event, item=undone.item_id)

    def change_package(self, package: str, status: int = 3) -> None:
        """Give a package another status."""
        world, found = self.world, self.package(package)
        found.status = status
        data = told_packages.package_changed(world, found)
        self._packed("changed", found, Event(world.options.type_package_status, "Guest", data))

    def extend_package(self, package: str, days: int = 30) -> None:
        """Let a package be good for longer."""
        world, found = self.world, self.package(package)
        found.expires += days * 86_400
        data = told_packages.package_changed(world, found)
        self._packed("extended", found, Event(world.options.type_package_validity, "Guest", data))

    # --- gift cards ------------------------------------------------------------------------

    def order_card(self, guest: str, price: int = 5_000) -> str:
        """Sell a gift card; its invoice tells of it, and an event of its own if there is one."""
        world, number = self.world, self.guest_number(guest)
        card: Card = world.sell_card(number, world.clock.seconds, price)
        told = Event(
            world.options.type_gift_card, "GiftCard", told_packages.card_created(world, card)
        )
        world.note(
            "card.ordered", card.id, card.center, told if world.options.webhook_cards else None,
            guest=number, invoice=world.invoices.rows[card.invoice].id, value=card.value,
        )  # fmt: skip
        self.tell_invoice(world.invoices.rows[card.invoice])
        return card.id
