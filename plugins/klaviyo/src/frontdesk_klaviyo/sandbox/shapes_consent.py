"""The bodies that subscribe, unsubscribe and suppress, as Klaviyo publishes them."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Raw, UnsetType

from frontdesk_klaviyo.sandbox.shapes import (
    Data,
    Flag,
    ListRef,
    Many,
    Maybe,
    SegmentRef,
    Shape,
    Text,
)


class Given(Shape):
    """A consent to marketing."""

    consent: Literal["SUBSCRIBED"]
    consented_at: Text = UNSET


class GivenPlain(Shape):
    """A consent without a time."""

    consent: Literal["SUBSCRIBED"]


class Taken(Shape):
    """A consent taken back."""

    consent: Literal["UNSUBSCRIBED"]


class Device(Shape):
    """The device of a push token."""

    device_id: Text = UNSET
    klaviyo_sdk: Maybe[
        Literal["android", "flutter", "flutter_community", "react_native", "swift"]
    ] = UNSET
    sdk_version: Text = UNSET
    device_model: Text = UNSET
    os_name: Maybe[Literal["android", "ios", "ipados", "macos", "tvos"]] = UNSET
    os_version: Text = UNSET
    manufacturer: Text = UNSET
    app_name: Text = UNSET
    app_version: Text = UNSET
    app_build: Text = UNSET
    app_id: Text = UNSET
    environment: Maybe[Literal["debug", "release"]] = UNSET


class Token(Shape):
    """A push token."""

    token: str
    platform: Literal["android", "ios"]
    vendor: Literal["apns", "fcm"]
    enablement_status: Maybe[
        Literal["AUTHORIZED", "DENIED", "NOT_DETERMINED", "PROVISIONAL", "UNAUTHORIZED"]
    ] = UNSET
    background: Maybe[Literal["AVAILABLE", "DENIED", "RESTRICTED"]] = UNSET
    device_metadata: Maybe[Device] = UNSET


class EmailGiven(Shape):
    """Consents of the e-mail channel; the last is known since 2026-10-15."""

    marketing: Maybe[Given] = UNSET
    open_tracking: Maybe[GivenPlain] = UNSET
    click_tracking: Maybe[GivenPlain] = UNSET


class PhoneGiven(Shape):
    """Consents of SMS or WhatsApp."""

    marketing: Maybe[Given] = UNSET
    transactional: Maybe[Given] = UNSET


class PushGiven(Shape):
    """Consents to push messages."""

    marketing: Given
    tokens: Maybe[list[Token]] = UNSET
    anonymous_id: Text = UNSET


class ChannelsGiven(Shape):
    """Consents by channel."""

    email: Maybe[EmailGiven] = UNSET
    sms: Maybe[PhoneGiven] = UNSET
    whatsapp: Maybe[PhoneGiven] = UNSET
    push: Maybe[PushGiven] = UNSET


class SubscriberAttributes(Shape):
    """Who subscribes to what."""

    subscriptions: ChannelsGiven
    email: Text = UNSET
    phone_number: Text = UNSET
    age_gated_date_of_birth: Text = UNSET


class Subscriber(Shape):
    """A profile that subscribes."""

    type: Literal["profile"]
    attributes: SubscriberAttributes
    id: Text = UNSET


class SubscribeAttributes(Shape):
    """A bulk subscription."""

    profiles: Many[Raw]
    custom_source: Text = UNSET
    historical_import: Flag = UNSET


class OneList(Shape):
    """The list a request is about."""

    list: Data[ListRef] | UnsetType = UNSET


class SubscribeJob(Shape):
    """A bulk subscription with its list."""

    type: Literal["profile-subscription-bulk-create-job"]
    attributes: SubscribeAttributes
    relationships: OneList | UnsetType = UNSET


class EmailTaken(Shape):
    """E-mail consents taken back; the last is known since 2026-10-15."""

    marketing: Maybe[Taken] = UNSET
    open_tracking: Maybe[Taken] = UNSET
    click_tracking: Maybe[Taken] = UNSET


class SmsTaken(Shape):
    """SMS consents taken back."""

    marketing: Maybe[Taken] = UNSET
    transactional: Maybe[Taken] = UNSET


class WhatsappTaken(SmsTaken):
    """WhatsApp consents taken back."""

    conversational: Maybe[Taken] = UNSET


class PushTaken(Shape):
    """Push consents taken back."""

    marketing: Taken
    tokens: list[Token]


class ChannelsTaken(Shape):
    """Consents taken back by channel."""

    email: Maybe[EmailTaken] = UNSET
    sms: Maybe[SmsTaken] = UNSET
    whatsapp: Maybe[WhatsappTaken] = UNSET
    push: Maybe[PushTaken] = UNSET


class UnsubscriberAttributes(Shape):
    """Who unsubscribes from what."""

    subscriptions: ChannelsTaken
    email: Text = UNSET
    phone_number: Text = UNSET


class Unsubscriber(Shape):
    """A profile that unsubscribes."""

    type: Literal["profile"]
    attributes: UnsubscriberAttributes


class UnsubscribeAttributes(Shape):
    """A bulk unsubscription."""

    profiles: Many[Raw]


class UnsubscribeJob(Shape):
    """A bulk unsubscription with its list."""

    type: Literal["profile-subscription-bulk-delete-job"]
    attributes: UnsubscribeAttributes
    relationships: OneList | UnsetType = UNSET


class SuppressedAttributes(Shape):
    """Whose address is suppressed."""

    email: str


class Suppressed(Shape):
    """A profile to suppress, or no longer to."""

    type: Literal["profile"]
    attributes: SuppressedAttributes


class SuppressAttributes(Shape):
    """The profiles to suppress."""

    profiles: Maybe[Many[Raw]] = UNSET


class Members(Shape):
    """Or the list or segment whose members they are."""

    list: Data[ListRef] | UnsetType = UNSET
    segment: Data[SegmentRef] | UnsetType = UNSET


class SuppressJob(Shape):
    """A bulk suppression."""

    type: Literal["profile-suppression-bulk-create-job"]
    attributes: SuppressAttributes
    relationships: Members | UnsetType = UNSET


class UnsuppressJob(Shape):
    """The end of a bulk suppression."""

    type: Literal["profile-suppression-bulk-delete-job"]
    attributes: SuppressAttributes
    relationships: Members | UnsetType = UNSET
