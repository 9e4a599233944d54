"""One account: its keys, and all it knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b

import attrs

from frontdesk_klaviyo.sandbox.consents import MARKETING, State
from frontdesk_klaviyo.sandbox.events import Events
from frontdesk_klaviyo.sandbox.ids import short
from frontdesk_klaviyo.sandbox.jobs import Jobs
from frontdesk_klaviyo.sandbox.lists import Lists, OptIn
from frontdesk_klaviyo.sandbox.metrics import API, Metric, Metrics
from frontdesk_klaviyo.sandbox.options import ERASURE_SCOPES, SCOPES, Options, listed
from frontdesk_klaviyo.sandbox.profiles import Profile, Profiles
from frontdesk_klaviyo.sandbox.work import Work


@attrs.define(eq=False)
class Key:
    """What a client shows: a private key, or the token of an OAuth app's installation."""

    name: str
    value: str = attrs.field(repr=False)
    scopes: frozenset[str]
    #: The app's name; its events are filed under it, and it has windows of its own.
    app: str | None = None
    revoked: bool = False

    @property
    def integration(self) -> str:
        """Under whose name events are filed."""
        return self.app or API


class Account:
    """An account and its contents."""

    def __init__(self, number: int, options: Options, work: Work, now: datetime) -> None:
        seed = f"{options.seed}/{number}"
        self.id = short(seed, "account", number)
        self.name = f"Sandbox {number + 1}"
        self.timezone = "Europe/Prague"
        self.currency = "EUR"
        self.locale = "en-US"
        self.test_account = options.test_account
        #: What an account sends SMS from and how it subscribes; a test may change both.
        self.sms_regions = frozenset(listed(options.sms_regions))
        self.default_opt_in: OptIn = options.default_opt_in
        self.age_gated_sms = options.age_gated_sms
        self.created = now
        self.profiles = Profiles(seed, options)
        self.metrics = Metrics(seed)
        self.events = Events(seed, options, self.profiles, self.metrics)
        self.lists = Lists(seed)
        self.jobs = Jobs(seed, work, options.job_delay)
        #: Of events: events, duplicates, dropped (test domains), lost (of nobody). Of people:
        #: imported, patched, subscribed, unsubscribed, suppressed, erased. Of requests: throttled.
        self.counts: Counter[str] = Counter()
        self.keys: list[Key] = []
        self._seed = seed
        self.key = self.add_key("main", SCOPES)
        self.erasure_key = self.add_key("erasure", ERASURE_SCOPES)

        for named in listed(options.metrics):
            integration, _, metric = named.rpartition(":")
            self.add_metric(metric, integration or API, category=integration or API)

    def __repr__(self) -> str:
        return f"Account({self.id!r})"

    def add_key(self, name: str, scopes: Iterable[str] = SCOPES, *, app: str | None = None) -> Key:
        """Issue a private key; or a token, if an app's name is given."""
        mixed = blake2b(f"{self._seed}/{name}/{len(self.keys)}".encode(), digest_size=17)
        value = mixed.hexdigest() if app else f"pk_{mixed.hexdigest()}"
        made = Key(name, value, frozenset(scopes), app)
        self.keys.append(made)
        return made

    def payer(self, key: Key) -> str:
        """Name who shares windows: all private keys together, each app alone."""
        return self.id if key.app is None else f"{self.id}/{key.app}"

    def add_metric(
        self, name: str, integration: str = API, *, category: str = API, now: datetime | None = None
    ) -> Metric:
        """Make a metric, such as one an app of the platform sends already."""
        return self.metrics.add(name, integration, now or self.created, category)

    def standing(self, channel: str = MARKETING) -> dict[str, State]:
        """Tell how everybody stands to a channel who ever said something."""
        return {
            row.key: row.consents.of(channel).state
            for row in self.profiles
            if row.consents is not None
        }

    def forget(self, profile: Profile) -> None:
        """Remove a person with everything about them."""
        self.events.forget(profile)
        self.lists.forget(profile.number)
        self.profiles.remove(profile)
        self.counts["erased"] += 1
