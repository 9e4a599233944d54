"""The emulated platform: its accounts behind one API, with its faults and its journal."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections import Counter
from collections.abc import Generator, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import attrs
from starlette.requests import ClientDisconnect

from frontdesk.client import Clock, SystemClock
from frontdesk.sandbox import ASGI
from frontdesk.sandbox.wire import Message, Receive, Send, live
from frontdesk_klaviyo.sandbox import admission, consents, people_acts, query, snapshots, wire
from frontdesk_klaviyo.sandbox.accounts import Account, Key
from frontdesk_klaviyo.sandbox.call import Call
from frontdesk_klaviyo.sandbox.faults import AnyFault, Faults, Reset, Slow, Status, Throttle, Twice
from frontdesk_klaviyo.sandbox.journal import Asked, Journal
from frontdesk_klaviyo.sandbox.options import Options
from frontdesk_klaviyo.sandbox.reading import Reader
from frontdesk_klaviyo.sandbox.refusal import Problem, Refusal, title
from frontdesk_klaviyo.sandbox.routes import Endpoint, M, find
from frontdesk_klaviyo.sandbox.windows import FREE, Limiter, throttled
from frontdesk_klaviyo.sandbox.wire import Reply, Request
from frontdesk_klaviyo.sandbox.work import Work

#: Shown in the journal; the value of a key never is.
_SHOWN: Final = ("accept", "content-type", "content-encoding", "revision", "user-agent")
#: Since this revision answers carry hints for whoever is no person.
_HINTS_SINCE: Final = "2026-10-15"
_PREDICTIONS: Final = "predictive_analytics"


@attrs.define
class _Visit:
    """What is learnt of a request on its way."""

    request: Request
    time: datetime
    moment: float
    endpoint: Endpoint | None = None
    account: Account | None = None
    key: Key | None = None
    call: Call | None = None
    headers: dict[str, str] = attrs.field(factory=dict[str, str])
    status: int = 0


class _CutError(Exception):
    """The connection is to be cut."""


class Platform:
    """An emulated Klaviyo in memory; *app* serves it."""

    def __init__(self, options: Options | None = None, *, clock: Clock | None = None) -> None:
        self.options = options or Options()
        self.clock: Clock = clock or SystemClock()
        self.journal = Journal(self.options.journal)
        self.faults = Faults(self.options.seed)
        self.limiter = Limiter(
            self.clock.monotonic, count_refused=self.options.refused_count == "yes"
        )
        self.work = Work(self.clock.now)
        made = [
            Account(number, self.options, self.work, self.clock.now())
            for number in range(self.options.accounts)
        ]
        #: By their ids.
        self.accounts: dict[str, Account] = {account.id: account for account in made}
        self._reader = Reader(lenient=self.options.unknown_members == "ignore")
        self._numbers = itertools.count(1)
        # It is served in one thread, while another may look.
        self._lock = threading.RLock()

    @property
    def app(self) -> ASGI:
        """Give the ASGI application."""
        # Not a bound method: uvicorn takes those for applications of ASGI 2.
        return self

    @property
    def account(self) -> Account:
        """Give the first account."""
        return next(iter(self.accounts.values()))

    @property
    def counts(self) -> Counter[str]:
        """Add up the counters of all accounts: events, duplicates, dropped, throttled, ..."""
        total: Counter[str] = Counter()
        for account in self.accounts.values():
            total += account.counts
        return total

    def settle(self) -> None:
        """Do what is due by the clock; reading through the API does it first, too."""
        with self._lock:
            self.work.settle()

    def drain(self) -> None:
        """Do all that was accepted, as if enough time had passed."""
        with self._lock:
            self.work.drain()

    def confirm(self, who: str, account: str | None = None) -> int:
        """Let somebody confirm what they subscribed to; return to how many channels."""
        with self._acting(account) as (chosen, now):
            return people_acts.confirm(chosen, who, now)

    def opt_in(self, who: str, to: str | None = None, account: str | None = None) -> None:
        """Let somebody sign up for e-mail in a form of Klaviyo's; *to* is a list's id."""
        with self._acting(account) as (chosen, now):
            people_acts.opt_in(chosen, who, now, to)

    def opt_out(
        self, who: str, channel: str = consents.MARKETING, account: str | None = None
    ) -> None:
        """Let somebody unsubscribe by the link in a message."""
        with self._acting(account) as (chosen, now):
            people_acts.opt_out(chosen, who, now, channel)

    def suppress(self, who: str, reason: people_acts.Reason, account: str | None = None) -> None:
        """Let an address bounce, somebody complain of spam, or a marketer suppress them."""
        with self._acting(account) as (chosen, now):
            people_acts.suppress(chosen, who, now, reason)

    @contextlib.contextmanager
    def _acting(self, account: str | None) -> Generator[tuple[Account, datetime]]:
        """Choose an account in which all is done that is due."""
        with self._lock:
            self.work.settle()
            yield self._chosen(account), self.clock.now()

    def _chosen(self, account: str | None) -> Account:
        return self.account if account is None else self.accounts[account]

    def state(self, account: str | None = None) -> dict[str, Any]:
        """Tell all an account knows, but ids and times of receipt, once all is processed.

        Two runs that should end alike have equal states.
        """
        with self._lock:
            self.work.drain()
            return snapshots.state(self._chosen(account), self.options)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await live(receive, send)
            return
        try:
            request = await wire.read(scope, receive)
        except ClientDisconnect:
            return
        visit = _Visit(request, self.clock.now(), self.clock.monotonic())
        body = b""
        try:
            with self._lock:
                body = self._recognize(visit)
                taken = self._faults(visit, body)
            for fault in taken:
                if isinstance(fault, Slow):
                    await self.clock.sleep(fault.seconds)
            with self._lock:
                reply = self._handle(visit, taken)
        except Refusal as refusal:
            reply = self._refused(visit, refusal)
        except _CutError:
            self._note(visit, body)
            await wire.cut(send)
            return
        visit.status = reply.status
        self._note(visit, body)
        await wire.send_reply(reply, scope, receive, send)

    def _recognize(self, visit: _Visit) -> bytes:
        """Find out who asks for what; the order is Klaviyo's as far as known."""
        request = visit.request
        visit.endpoint, args = find(request.method, request.path)
        visit.account, visit.key = admission.authenticate(request, self.accounts.values())
        named = admission.revision(request, self.options)
        payer = visit.account.payer(visit.key)
        if self.options.rate_limits:
            visit.headers = self.limiter.admit(payer, visit.endpoint.name, visit.endpoint.rate)
        else:
            # Whom a fault told to wait waits all the same.
            self.limiter.admit(payer, visit.endpoint.name, FREE)
        admission.authorize(visit.endpoint, visit.key)
        body = admission.body(request, self.options)
        visit.call = Call(
            account=visit.account,
            key=visit.key,
            options=self.options,
            work=self.work,
            reader=self._reader,
            now=self.clock.now(),
            revision=named,
            base=request.base,
            args=args,
            query=query.parse(
                request.query,
                request.base + request.path,
                visit.endpoint.params,
                visit.endpoint.page,
            ),
            body=body,
        )
        self._predictions(visit)
        return body

    def _predictions(self, visit: _Visit) -> None:
        """Count what has stricter windows, whoever asks."""
        call = visit.call
        if call is None or visit.account is None or not self.options.rate_limits:
            return
        if _PREDICTIONS in call.query.many("additional-fields[profile]"):
            self.limiter.admit(visit.account.id, _PREDICTIONS, M)

    def _faults(self, visit: _Visit, body: bytes) -> list[AnyFault]:
        account = None if visit.account is None else visit.account.id
        request = visit.request
        return self.faults.take(request.method, request.path.rstrip("/"), account, body)

    def _handle(self, visit: _Visit, faults: Iterable[AnyFault]) -> Reply:
        for fault in faults:
            self._fail(visit, fault, processed=False)
        self.work.settle()
        call, endpoint = visit.call, visit.endpoint
        if call is None or endpoint is None:
            raise Refusal(404)
        # A slow answer is about what is true when it is given.
        call.now = self.clock.now()
        reply = endpoint.handler(call)
        for fault in faults:
            if isinstance(fault, Twice):
                # The second time it may be refused, of which nobody hears.
                with contextlib.suppress(Refusal):
                    endpoint.handler(call)
            self._fail(visit, fault, processed=True)
        content = reply.content
        if content is not None and call.revision >= _HINTS_SINCE:
            content = {**content, "meta": {"agent_hints": {"next_steps": []}}}
        return Reply(reply.status, content, {**visit.headers, **reply.headers})

    def _fail(self, visit: _Visit, fault: AnyFault, *, processed: bool) -> None:
        if isinstance(fault, Reset) and fault.processed == processed:
            raise _CutError
        if isinstance(fault, Status) and fault.processed == processed:
            after = None if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            detail = fault.detail or title(fault.status)
            raise Refusal(fault.status, Problem(detail), headers=after)
        if isinstance(fault, Throttle) and not processed:
            if fault.retry_after and visit.account and visit.key and visit.endpoint:
                payer = visit.account.payer(visit.key)
                self.limiter.block(payer, visit.endpoint.name, fault.seconds)
            raise throttled(fault.seconds if fault.retry_after else None)

    def _refused(self, visit: _Visit, refusal: Refusal) -> Reply:
        throttling = refusal.status == 429  # noqa: PLR2004
        if throttling and visit.account is not None:
            visit.account.counts["throttled"] += 1
        # What an answer says of the windows, a 429 does not.
        headers: Mapping[str, str] = {} if throttling else visit.headers
        content = refusal.body(lambda: f"00000000-0000-4000-8000-{next(self._numbers):012x}")
        return Reply(refusal.status, content, {**headers, **refusal.headers})

    def _note(self, visit: _Visit, body: bytes) -> None:
        request = visit.request
        with self._lock:
            self.journal.write(
                Asked(
                    number=self.journal.written + 1,
                    time=visit.time,
                    moment=visit.moment,
                    method=request.method,
                    path=request.path,
                    query=request.query,
                    endpoint=None if visit.endpoint is None else visit.endpoint.name,
                    account=None if visit.account is None else visit.account.id,
                    key=None if visit.key is None else visit.key.name,
                    status=visit.status,
                    items=0 if visit.call is None else visit.call.items,
                    size=request.size,
                    headers={
                        name: value for name in _SHOWN if (value := request.headers.get(name))
                    },
                    body=body if self.options.keep_bodies else None,
                )
            )
