"""Webhooks: only genuine deliveries are believed, and no body upsets the reader."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import attrs
import msgspec
import pytest

from frontdesk import jsons
from frontdesk.errors import RecordError
from frontdesk.manifest import Webhook, without_secrets
from frontdesk.model import Delivery, Json, Record, Ref
from frontdesk.testing._base import Base
from frontdesk.testing._mapping import named
from frontdesk.testing._purity import watched
from frontdesk.testing._signed import Signed
from frontdesk.testing._spoiling import CANARY, spoilt

if TYPE_CHECKING:
    from frontdesk.testing._observed import Observed


class Webhooks(Base):
    """Tests of the webhook hooks; skipped where the manifest declares no webhook."""

    def _signed(self, observed: Observed) -> Signed:
        manifest = observed.connection.manifest
        if manifest.webhook is Webhook.NONE:
            pytest.skip("the manifest declares no webhook")
        signed: Signed | None = self.delivery()
        assert signed is not None, "the manifest declares a webhook: return one from delivery()"
        return signed

    def _verifies(self, observed: Observed, signed: Signed) -> Callable[[Delivery], bool]:
        function = observed.connection.connector.hooks.get("verify_webhook")
        assert function is not None, "there is no verify_webhook"
        settings = self.connected(observed.platform, **signed.settings).settings
        return lambda delivery: named(
            function, delivery=delivery, settings=settings, state=signed.state
        )

    def _bodies(self, signed: Signed) -> Iterator[bytes]:
        body = signed.delivery.body
        yield from (b"", b"{", b"[]", b"null", b"3", b'"x"', b"{}", b"\xff\xfe", b"[" * 5_000)
        yield from (body[: len(body) * part // 5] for part in range(5))
        try:
            whole = jsons.decode(body)
        except msgspec.DecodeError:
            return
        yield from (jsons.encode(changed) for _, changed in spoilt({"x": whole}))
        if isinstance(whole, dict):
            yield from (jsons.encode(changed) for _, changed in spoilt(whole))

    def test_a_genuine_delivery_is_believed(self, observed: Observed) -> None:
        """``verify_webhook`` accepts what the platform signed.

        If this fails, compare how the platform makes its signature with how you do: the raw
        body, the order of its parts, the encoding; and look whether delivery() is right.
        """
        signed = self._signed(observed)

        assert self._verifies(observed, signed)(signed.delivery) is True

    def test_a_forged_delivery_is_refused(self, observed: Observed) -> None:
        """``verify_webhook`` refuses one changed bit, and what has no signature.

        If this fails, compute the signature of all that is signed, compare all of it with
        ``hmac.compare_digest``, and answer False, without raising, if it is missing.
        """
        signed = self._signed(observed)
        verify = self._verifies(observed, signed)
        if not signed.delivery.body and not signed.unsigned:
            pytest.fail("delivery() has no body: nothing can be forged")

        believed = [how for how, forged in signed.forgeries if verify(forged) is not False]

        assert believed == []

    def test_reading_a_delivery_is_pure_and_offline(self, observed: Observed) -> None:
        """``read_webhook`` gives records and refs, the same ones each time, of the body alone.

        If this fails, yield a Ref for what must be fetched, and let core fetch it; take the
        time from the delivery or leave it out.
        """
        signed = self._signed(observed)
        hooks, context = observed.connection.hooks, observed.context
        delivery = copy.deepcopy(signed.delivery)
        first = hooks.read_webhook(delivery, context)
        with watched() as impure:
            second = hooks.read_webhook(delivery, context)
        known = {stream.name for stream in observed.connection.manifest.streams}

        assert first, "delivery() names nothing"
        assert first == second
        assert delivery == signed.delivery, "the delivery was changed"
        assert impure == set()
        assert all(isinstance(found, Record | Ref) and found.stream in known for found in first)

    def test_a_malformed_delivery_is_refused_quietly(self, observed: Observed) -> None:
        """Whatever the body, the hooks read it or raise a RecordError that quotes nothing.

        If this fails, look at the type of each field before using it, raise
        ``RecordError("<field> is missing")``, and let no other error out.
        """
        signed = self._signed(observed)
        wrong: dict[str, Json] = {}
        for body in self._bodies(signed):
            delivery = signed.with_body(body)
            for hook, said in self._upset(observed, signed, delivery):
                wrong.setdefault(f"{hook}: {said}", body[:200])

        assert wrong == {}

    def _upset(
        self, observed: Observed, signed: Signed, delivery: Delivery
    ) -> Iterator[tuple[str, str]]:
        hooks = observed.connection.connector.hooks
        settings = self.connected(observed.platform, **signed.settings).settings
        given = {
            "delivery": delivery,
            "context": attrs.evolve(observed.context, settings=without_secrets(settings)),
            "settings": settings,
            "state": signed.state,
        }
        for name in ("read_webhook", "route_webhook", "verify_webhook"):
            try:
                found = named(hooks[name], **given) if name in hooks else ()
                list(found if name != "verify_webhook" and found else ())
            except RecordError as error:
                if CANARY in str(error) or name == "verify_webhook":
                    yield name, f"says {error}"
            except Exception as error:  # noqa: BLE001  # which is what must not happen
                yield name, f"raises {type(error).__name__}"
