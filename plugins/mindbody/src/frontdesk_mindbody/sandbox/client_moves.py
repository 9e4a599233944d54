"""What can happen to clients, and to what they have agreed to and bought."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from frontdesk_mindbody.sandbox import payloads
from frontdesk_mindbody.sandbox.past import new_sale, reversal
from frontdesk_mindbody.sandbox.refusal import Refusal, invalid, unknown
from frontdesk_mindbody.sandbox.rows import Client, Contract, Membership, Sale
from frontdesk_mindbody.sandbox.studios import Studio
from frontdesk_mindbody.sandbox.world import World

_EDITABLE = frozenset(Client.__struct_fields__) - {"id", "created", "modified", "previous_email"}


class ClientMoves:
    """Changes clients; each change is written down and told."""

    def __init__(self, world: World) -> None:
        self.world = world

    def client(self, studio: Studio, identity: int) -> Client:
        """Find a client by the unique id."""
        found = studio.clients.find(identity)
        if found is None:
            raise unknown("client", "ClientNotFound")
        return found

    def create_client(self, site: int, kind: str = "plain", **fields: Any) -> Client:
        """Let somebody become a client."""
        studio, now = self.world.studio(site), self.world.clock.now
        row = self.world.registries[site].make(kind, now, now)
        self._edit(studio, row, fields)
        self._tell("client.created", studio, row)
        return row

    def modify_client(self, site: int, client: int, **fields: Any) -> Client:
        """Change what is known of a client: their e-mail, their number, what they wish."""
        studio = self.world.studio(site)
        row = self.client(studio, client)
        before = row.email
        self._edit(studio, row, fields)
        row.previous_email = before if row.email != before else None
        self._tell("client.updated", studio, row)
        return row

    def deactivate_client(self, site: int, client: int) -> Client:
        """Let a client be one no more."""
        studio = self.world.studio(site)
        row = self.client(studio, client)
        self._edit(studio, row, {"active": False, "status": "Terminated"})
        self._tell("client.deactivated", studio, row)
        return row

    def merge_clients(self, site: int, kept: int, removed: int) -> Client:
        """Make two clients one: what the second had is the first's, and the second is gone."""
        studio, now = self.world.studio(site), self.world.clock.now
        row, gone = self.client(studio, kept), self.client(studio, removed)
        if row is gone:
            raise invalid("removed")
        studio.absorb(row, gone)
        self._edit(studio, row, {})
        told = payloads.merger(studio, row, gone.id, now, studio.staff[0].id)
        facts = {"removed": gone.id, "client": row.id}
        self._note("client.merged", studio, row.id, facts, ("clientProfileMerger.created", told))
        return row

    def assign_membership(self, site: int, client: int, membership: int = 12) -> Membership:
        """Give a client a membership."""
        studio, now = self.world.studio(site), self.world.clock.now
        who = self.client(studio, client)
        plan = next((one for one in studio.memberships if one.id == membership), None)
        if plan is None:
            raise unknown("membership")
        day = studio.today(now)
        identity = 300_000 + studio.held.draw()
        row = Membership(identity, who.id, plan, now, day, day + timedelta(days=365))
        studio.held.add(row)
        self._edit(studio, who, {})
        facts = {"client": who.id, "membership": plan.id, "name": plan.name}
        told = ("clientMembershipAssignment.created", payloads.membership(studio, row))
        self._note("membership.assigned", studio, row.id, facts, told)
        return row

    def end_membership(self, site: int, membership: int) -> Membership:
        """Take a membership a client has away."""
        studio = self.world.studio(site)
        row = studio.held.find(membership)
        if row is None:
            raise unknown("membership")
        studio.held.remove(row)
        told = ("clientMembershipAssignment.cancelled", payloads.membership_gone(studio, row))
        self._note("membership.ended", studio, row.id, {"client": row.client}, told)
        return row

    def sell_contract(self, site: int, client: int, contract: int = 3) -> Contract:
        """Let a client agree to a contract."""
        studio, now, rng = self.world.studio(site), self.world.clock.now, self.world.rng
        who = self.client(studio, client)
        template = next((one for one in studio.contracts if one.id == contract), None)
        if template is None:
            raise unknown("contract")
        starts = studio.today(now) + timedelta(days=int(rng.random() * 10))
        row = Contract(
            id=100 + studio.agreed.draw(),
            client=who.id,
            template=template,
            agreed=now,
            starts=starts,
            ends=starts + timedelta(days=365),
            location=studio.locations[int(rng.random() * len(studio.locations))],
            staff=studio.staff[int(rng.random() * len(studio.staff))],
        )
        studio.agreed.add(row)
        self._edit(studio, who, {})
        facts = {"client": who.id, "contract": template.id, "name": template.name}
        told = ("clientContract.created", payloads.contract(studio, row))
        self._note("contract.sold", studio, row.id, facts, told)
        return row

    def update_contract(self, site: int, contract: int, *, renewing: bool = False) -> Contract:
        """Change whether a client's contract renews itself."""
        studio = self.world.studio(site)
        row = self._contract(studio, contract)
        studio.agreed.change(row, renewing=renewing)
        told = ("clientContract.updated", payloads.contract_changed(studio, row))
        self._note("contract.updated", studio, row.id, {"client": row.client}, told)
        return row

    def cancel_contract(self, site: int, contract: int) -> Contract:
        """End a client's contract."""
        studio = self.world.studio(site)
        row = self._contract(studio, contract)
        studio.agreed.change(row, terminated=studio.today(self.world.clock.now))
        told = ("clientContract.cancelled", payloads.contract_gone(studio, row))
        self._note("contract.cancelled", studio, row.id, {"client": row.client}, told)
        return row

    def _contract(self, studio: Studio, identity: int) -> Contract:
        found = studio.agreed.find(identity)
        if found is None or found.terminated:
            raise unknown("contract")
        return found

    def sell(
        self,
        site: int,
        client: int,
        lines: Sequence[tuple[int, int]] = ((10_101, 1),),
        *,
        on_account: bool = False,
    ) -> Sale:
        """Sell so many of each; on account, the client's balance pays."""
        studio, now, rng = self.world.studio(site), self.world.clock.now, self.world.rng
        who, known = self.client(studio, client), {one.id: one for one in studio.offers}
        if not lines or any(offer not in known or not count for offer, count in lines):
            raise invalid("lines")
        offers = [(known[offer], count) for offer, count in lines]
        fields = {"method": (16, "Account")} if on_account else {}
        row = studio.sales.add(new_sale(rng, studio, who, offers, now, **fields))
        if on_account:
            touched = {"modified": now} if self.world.options.balance_touches else {}
            studio.clients.change(who, balance=who.balance - row.total, **touched)
        self._sold("sale.made", studio, row, tell=True)
        return row

    def refund(self, site: int, sale: int) -> Sale:
        """Take a sale back: a sale of less than nothing."""
        studio, now = self.world.studio(site), self.world.clock.now
        sold = studio.sales.find(sale)
        if sold is None:
            raise unknown("sale", "SaleIdNotFound")
        if sold.returned:
            raise Refusal(400, "It was returned before.", code="ValidationFailed")
        row = studio.sales.add(reversal(studio, sold, now))
        self._sold("sale.returned", studio, row, tell=self.world.options.webhook_returns)
        return row

    def _sold(self, kind: str, studio: Studio, row: Sale, *, tell: bool) -> None:
        told = payloads.sale(studio, row, self.world.options)
        facts = {"client": row.client, "total": row.total, "lines": len(row.items)}
        events = [("clientSale.created", told)] if tell else []
        self._note(kind, studio, row.id, facts, *events)

    def _edit(self, studio: Studio, row: Client, fields: dict[str, Any]) -> None:
        if strange := fields.keys() - _EDITABLE:
            raise invalid(", ".join(sorted(strange)))
        number = fields.get("number", row.number)
        if studio.numbers.get(number, row.id) != row.id:
            raise invalid("number")
        studio.numbers.pop(row.number, None)
        studio.numbers[number] = row.id
        studio.clients.change(row, **fields, modified=self.world.clock.now)

    def _tell(self, event: str, studio: Studio, row: Client) -> None:
        told = payloads.client(studio, row, self.world.clock.now)
        facts = {"client": row.id, "email": row.email, "active": row.active}
        self._note(event, studio, row.id, facts, (event, told))

    def _note(
        self,
        kind: str,
        studio: Studio,
        identity: int,
        facts: dict[str, Any],
        *told: tuple[str, dict[str, Any]],
    ) -> None:
        self.world.note(kind, (studio.id, identity), facts, told)
