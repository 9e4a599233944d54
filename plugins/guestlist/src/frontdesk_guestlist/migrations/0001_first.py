"""The first tables of the guest list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Names are kept in both orders, parted by a bar.
_LAST_NAME_FIRST = (
    "substr(name_folded, 1 + (length(name_folded) / 2 + 1)"
    " * (length(name_folded) - length(replace(name_folded, '|', ''))))"
)


def upgrade() -> None:
    """Create the tables."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table('guestlist_choices',
    sa.Column('property', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('value', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('property', 'name', name=op.f('pk_guestlist_choices'))
    )
    op.create_table('guestlist_departures',
    sa.Column('id', key, nullable=False),
    sa.Column('property', sa.String(), nullable=False),
    sa.Column('uid', sa.String(), nullable=False),
    sa.Column('change', key, nullable=False),
    sa.Column('profile', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guestlist_departures')),
    sa.UniqueConstraint('uid', name=op.f('uq_guestlist_departures_uid'))
    )
    op.create_index('ix_guestlist_departures_property_change', 'guestlist_departures', ['property', 'change'])
    op.create_table('guestlist_emails',
    sa.Column('id', key, nullable=False),
    sa.Column('property', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('phase', sa.String(), nullable=False),
    sa.Column('service', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('activated', sa.BigInteger(), nullable=True),
    sa.Column('listed_since', sa.BigInteger(), nullable=True),
    sa.Column('rules', sa.LargeBinary(), nullable=False),
    sa.Column('created', sa.BigInteger(), nullable=False),
    sa.Column('updated', sa.BigInteger(), nullable=False),
    sa.Column('removed', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guestlist_emails')),
    sa.UniqueConstraint('property', 'name', name=op.f('uq_guestlist_emails_property_name'))
    )
    op.create_table('guestlist_guests',
    sa.Column('id', key, nullable=False),
    sa.Column('property', sa.String(), nullable=False),
    sa.Column('uid', sa.String(), nullable=False),
    sa.Column('change', key, nullable=False),
    sa.Column('profile', sa.String(), nullable=False),
    sa.Column('origin', sa.String(), nullable=False),
    sa.Column('source', sa.String(), nullable=True),
    sa.Column('source_record', sa.String(), nullable=True),
    sa.Column('source_guest', sa.String(), nullable=True),
    sa.Column('number', sa.String().with_variant(sa.String(collation='C'), 'postgresql'), nullable=False),
    sa.Column('first_name', sa.String(), server_default='', nullable=False),
    sa.Column('last_name', sa.String(), server_default='', nullable=False),
    sa.Column('name_folded', sa.String().with_variant(sa.String(collation='C'), 'postgresql'), server_default='', nullable=False),
    sa.Column('email', sa.String(), server_default='', nullable=False),
    sa.Column('address', sa.String(), server_default='', nullable=False),
    sa.Column('phone', sa.String(), server_default='', nullable=False),
    sa.Column('country', sa.String(), server_default='', nullable=False),
    sa.Column('language', sa.String(), server_default='', nullable=False),
    sa.Column('arrival', sa.Date(), nullable=True),
    sa.Column('departure', sa.Date(), nullable=True),
    sa.Column('nights', sa.Integer(), nullable=True),
    sa.Column('status', sa.String(), server_default='confirmed', nullable=False),
    sa.Column('checked_in', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=True),
    sa.Column('currency', sa.String(), nullable=True),
    sa.Column('channel', sa.String(), server_default='', nullable=False),
    sa.Column('room_type', sa.String(), server_default='', nullable=False),
    sa.Column('company', sa.String(), server_default='', nullable=False),
    sa.Column('duplicate_of', sa.String(), server_default='', nullable=False),
    sa.Column('created', sa.BigInteger(), nullable=False),
    sa.Column('updated', sa.BigInteger(), nullable=False),
    sa.Column('listed', sa.BigInteger(), nullable=False),
    sa.Column('modified', sa.BigInteger(), nullable=True),
    sa.Column('stopped', sa.String(), server_default='', nullable=False),
    sa.Column('excluded', sa.String(), server_default='', nullable=False),
    sa.Column('emailable', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('hidden', sa.BigInteger(), nullable=True),
    sa.Column('rating', sa.SmallInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guestlist_guests')),
    sa.UniqueConstraint('property', 'source', 'source_record', name=op.f('uq_guestlist_guests_property_source_source_record')),
    sa.UniqueConstraint('uid', name=op.f('uq_guestlist_guests_uid'))
    )
    op.create_index('ix_guestlist_guests_property_address', 'guestlist_guests', ['property', 'address'])
    op.create_index('ix_guestlist_guests_property_arrival_id', 'guestlist_guests', ['property', 'arrival', 'id'])
    op.create_index('ix_guestlist_guests_property_change', 'guestlist_guests', ['property', 'change'])
    op.create_index('ix_guestlist_guests_property_created_id', 'guestlist_guests', ['property', 'created', 'id'])
    op.create_index('ix_guestlist_guests_property_departure_id', 'guestlist_guests', ['property', 'departure', 'id'])
    op.create_index(
        "ix_guestlist_guests_property_last_name_id",
        "guestlist_guests",
        ["property", sa.literal_column(_LAST_NAME_FIRST), "id"],
    )
    op.create_index('ix_guestlist_guests_property_name_folded_id', 'guestlist_guests', ['property', 'name_folded', 'id'])
    op.create_index('ix_guestlist_guests_property_number', 'guestlist_guests', ['property', 'number'])
    op.create_index('ix_guestlist_guests_property_source_source_guest', 'guestlist_guests', ['property', 'source', 'source_guest'])
    op.create_index('ix_guestlist_guests_property_updated_id', 'guestlist_guests', ['property', 'updated', 'id'])
    op.create_table('guestlist_information',
    sa.Column('id', key, nullable=False),
    sa.Column('property', sa.String(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('position', sa.Integer(), server_default='0', nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guestlist_information'))
    )
    op.create_table('guestlist_offers',
    sa.Column('id', key, nullable=False),
    sa.Column('property', sa.String(), nullable=False),
    sa.Column('position', sa.Integer(), server_default='0', nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('price', sa.BigInteger(), nullable=True),
    sa.Column('currency', sa.String(), nullable=True),
    sa.Column('texts', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guestlist_offers'))
    )
    op.create_table('guestlist_properties',
    sa.Column('property', sa.String(), nullable=False),
    sa.Column('change', key, server_default='0', nullable=False),
    sa.Column('created', sa.BigInteger(), nullable=False),
    sa.Column('positions', sa.LargeBinary(), nullable=False),
    sa.Column('followed', key, nullable=True),
    sa.PrimaryKeyConstraint('property', name=op.f('pk_guestlist_properties'))
    )
    op.create_table('guestlist_rejects',
    sa.Column('id', key, nullable=False),
    sa.Column('property', sa.String(), nullable=False),
    sa.Column('uid', sa.String(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guestlist_rejects')),
    sa.UniqueConstraint('uid', name=op.f('uq_guestlist_rejects_uid'))
    )
    op.create_table('guestlist_stops',
    sa.Column('id', key, nullable=False),
    sa.Column('property', sa.String(), nullable=False),
    sa.Column('uid', sa.String(), nullable=False),
    sa.Column('address', sa.String(), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('who', sa.String(), server_default='', nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('undone', sa.BigInteger(), nullable=True),
    sa.Column('undone_by', sa.String(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guestlist_stops')),
    sa.UniqueConstraint('uid', name=op.f('uq_guestlist_stops_uid'))
    )
    op.create_index('ix_guestlist_stops_property_address', 'guestlist_stops', ['property', 'address'])
    op.create_table('guestlist_activities',
    sa.Column('id', key, nullable=False),
    sa.Column('property', sa.String(), nullable=False),
    sa.Column('uid', sa.String(), nullable=False),
    sa.Column('change', key, nullable=False),
    sa.Column('guest_id', key, nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('occurrence', sa.String(), server_default='', nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('details', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['guest_id'], ['guestlist_guests.id'], name=op.f('fk_guestlist_activities_guest_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guestlist_activities')),
    sa.UniqueConstraint('guest_id', 'kind', 'occurrence', name=op.f('uq_guestlist_activities_guest_id_kind_occurrence')),
    sa.UniqueConstraint('uid', name=op.f('uq_guestlist_activities_uid'))
    )
    op.create_index('ix_guestlist_activities_property_change', 'guestlist_activities', ['property', 'change'])
    op.create_table('guestlist_answers',
    sa.Column('id', key, nullable=False),
    sa.Column('property', sa.String(), nullable=False),
    sa.Column('uid', sa.String(), nullable=False),
    sa.Column('guest_id', key, nullable=False),
    sa.Column('form', sa.String(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('rating', sa.SmallInteger(), nullable=True),
    sa.Column('fields', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['guest_id'], ['guestlist_guests.id'], name=op.f('fk_guestlist_answers_guest_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guestlist_answers')),
    sa.UniqueConstraint('uid', name=op.f('uq_guestlist_answers_uid'))
    )
    op.create_index('ix_guestlist_answers_guest_id', 'guestlist_answers', ['guest_id'])
    op.create_table('guestlist_email_texts',
    sa.Column('email_id', key, nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['email_id'], ['guestlist_emails.id'], name=op.f('fk_guestlist_email_texts_email_id')),
    sa.PrimaryKeyConstraint('email_id', 'language', name=op.f('pk_guestlist_email_texts'))
    )
    op.create_table('guestlist_exclusions',
    sa.Column('id', key, nullable=False),
    sa.Column('property', sa.String(), nullable=False),
    sa.Column('email_id', key, nullable=True),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('value', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['email_id'], ['guestlist_emails.id'], name=op.f('fk_guestlist_exclusions_email_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guestlist_exclusions')),
    sa.UniqueConstraint('property', 'email_id', 'kind', 'value', name=op.f('uq_guestlist_exclusions_property_email_id_kind_value'))
    )
    op.create_table('guestlist_mails',
    sa.Column('id', key, nullable=False),
    sa.Column('property', sa.String(), nullable=False),
    sa.Column('uid', sa.String(), nullable=False),
    sa.Column('guest_id', key, nullable=False),
    sa.Column('email_id', key, nullable=False),
    sa.Column('occasion', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), server_default='', nullable=False),
    sa.Column('by', sa.String(), server_default='', nullable=False),
    sa.Column('address', sa.String(), nullable=False),
    sa.Column('language', sa.String(), server_default='', nullable=False),
    sa.Column('created', sa.BigInteger(), nullable=False),
    sa.Column('next_try', sa.BigInteger(), nullable=True),
    sa.Column('tries', sa.Integer(), server_default='0', nullable=False),
    sa.Column('ended', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['email_id'], ['guestlist_emails.id'], name=op.f('fk_guestlist_mails_email_id')),
    sa.ForeignKeyConstraint(['guest_id'], ['guestlist_guests.id'], name=op.f('fk_guestlist_mails_guest_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guestlist_mails')),
    sa.UniqueConstraint('guest_id', 'email_id', 'occasion', name=op.f('uq_guestlist_mails_guest_id_email_id_occasion')),
    sa.UniqueConstraint('uid', name=op.f('uq_guestlist_mails_uid'))
    )
    op.create_index('ix_guestlist_mails_property_state_next_try', 'guestlist_mails', ['property', 'state', 'next_try'])
    op.create_table('guestlist_orders',
    sa.Column('id', key, nullable=False),
    sa.Column('property', sa.String(), nullable=False),
    sa.Column('uid', sa.String(), nullable=False),
    sa.Column('guest_id', key, nullable=False),
    sa.Column('offer_id', key, nullable=False),
    sa.Column('quantity', sa.Integer(), server_default='1', nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('price', sa.BigInteger(), nullable=True),
    sa.Column('currency', sa.String(), nullable=True),
    sa.Column('state', sa.String(), server_default='unconfirmed', nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('changed', sa.BigInteger(), nullable=False),
    sa.Column('changed_by', sa.String(), server_default='', nullable=False),
    sa.ForeignKeyConstraint(['guest_id'], ['guestlist_guests.id'], name=op.f('fk_guestlist_orders_guest_id')),
    sa.ForeignKeyConstraint(['offer_id'], ['guestlist_offers.id'], name=op.f('fk_guestlist_orders_offer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guestlist_orders')),
    sa.UniqueConstraint('uid', name=op.f('uq_guestlist_orders_uid'))
    )
    op.create_index('ix_guestlist_orders_guest_id', 'guestlist_orders', ['guest_id'])
    op.create_table('guestlist_subscribers',
    sa.Column('id', key, nullable=False),
    sa.Column('property', sa.String(), nullable=False),
    sa.Column('address', sa.String(), nullable=False),
    sa.Column('guest_id', key, nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('caveat', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['guest_id'], ['guestlist_guests.id'], name=op.f('fk_guestlist_subscribers_guest_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guestlist_subscribers')),
    sa.UniqueConstraint('property', 'address', name=op.f('uq_guestlist_subscribers_property_address'))
    )
