"""The words invented guests, salons and services are made of."""

from __future__ import annotations

from typing import Final

#: Text in what must never reach a marketing tool; tests look for it.
CANARY: Final = "CANARY"

#: First name as written, and as it stands in an e-mail address.
FIRST: Final = (
    ("Ada", "ada"), ("Bo", "bo"), ("Chloé", "chloe"), ("Darnell", "darnell"), ("Elif", "elif"),
    ("Frida", "frida"), ("Grace", "grace"), ("Hiro", "hiro"), ("Inés", "ines"), ("Jamal", "jamal"),
    ("Keiko", "keiko"), ("Lena", "lena"), ("María José", "mariajose"), ("Noah", "noah"),
    ("Olivia", "olivia"), ("Priya", "priya"), ("Quinn", "quinn"), ("Rosa", "rosa"),
    ("Søren", "soren"), ("Tess", "tess"), ("Uma", "uma"), ("Wei", "wei"), ("Zoë", "zoe"),
)  # fmt: skip
LAST: Final = (
    ("Almeida", "almeida"), ("Brooks", "brooks"), ("Castellanos", "castellanos"),
    ("D'Angelo", "dangelo"), ("Eriksson", "eriksson"), ("Fischer", "fischer"),
    ("García López", "garcialopez"), ("Hughes", "hughes"), ("Ito", "ito"), ("Jensen", "jensen"),
    ("Kim", "kim"), ("Lefèvre", "lefevre"), ("Müller", "mueller"), ("Nguyen", "nguyen"),
    ("O'Connor", "oconnor"), ("Patel", "patel"), ("Quispe", "quispe"), ("Rossi", "rossi"),
    ("Singh", "singh"), ("Tran", "tran"), ("van den Berg", "vandenberg"), ("Young", "young"),
)  # fmt: skip
#: What people typed where a name should be: hostile to pages, sheets and queries.
HOSTILE: Final = (
    ("<script>alert(1)</script>", "Tag"),
    ('=HYPERLINK("http://example.com")', "Sum"),
    ('Ann "Bo", Jr.', "Comma,Quote"),
    ("  ", "Blank"),
    ("Zo\u202eë", "Right\u200bto-left"),
    ("{{ first_name }}", "%s%n"),
)
#: Reserved for examples (RFC 2606), so that nothing can ever be delivered.
DOMAINS: Final = ("example.com", "mail.example.com")
#: What the front desk typed where a number or an address should be.
MESSY_PHONES: Final = ("+15555", "ask", "0", "+1 (000) 000-0000", "n/a")
MESSY_EMAILS: Final = ("none", "client@", "n/a@n/a", "two@example.com;more@example.com")
PRONOUNS: Final = ("she/her", "he/him", "they/them")
NOTES: Final = ("Prefers oat milk.", "Running late.", "Anniversary.", "Sensitive skin.")
ORDER_NOTES: Final = (
    "Prefers text receipts",
    "Gift wrapped",
    'Said "no bag", thanks',
    "Split bill",
)

#: Name, zone, town, state, whether it is no place at all.
LOCATIONS: Final = (
    ("Santa Monica", "America/Los_Angeles", "Santa Monica", "CA", False),
    ("SoHo <Loft>", "America/New_York", "New York", "NY", False),
    ("Online", "America/Phoenix", None, None, True),
    ("Waikīkī", "Pacific/Honolulu", "Honolulu", "HI", False),
    ("Soho, London", "Europe/London", "London", None, False),
    ("Ginza", "Asia/Tokyo", "Tokyo", None, False),
    ("Old Town", "America/Chicago", "Chicago", "IL", False),
    ("Adelaide", "Australia/Adelaide", "Adelaide", "SA", False),
)
STAFF: Final = (
    ("Crystal", "Benoit", None),
    ("Dolores", "Ánguiano", "Lola"),
    ("Ezra", None, None),
    ("Farah", "Haddad", None),
    ("Gus", "O'Neill", 'Gus the "Fade"'),
    ("Hana", "Mori", None),
    ("Imani", "Okafor", None),
    ("Jules", "Petit", "Jay"),
)
ROLES: Final = ("Stylist", "Esthetician", "Front Desk")
#: Name, minutes, price in minor units, whether it is added to another.
SERVICES: Final = (
    ("Haircut", 45, 8_500, False),
    ("Balayage & Gloss", 150, 28_000, False),
    ("Deep Tissue Massage (90 min)", 90, 15_500, False),
    ("Signature Facial", 60, 12_000, False),
    ("Brow Lamination", 40, 7_000, False),
    ("Men's Cut, beard", 30, 5_500, False),
    ("Consultation", 15, 0, False),
    ("Gua Sha Add-on", 15, 2_500, True),
    ("Scalp Treatment", 20, 3_500, True),
)
CATEGORIES: Final = ("Hair", "Skin", "Body")
PRODUCTS: Final = (
    ("Sea Salt Spray", 2_400),
    ("Barrier Cream 50 ml", 5_800),
    ('Shampoo "Nº 4"', 3_000),
    ("Travel Kit", 4_200),
)
#: Name, interval, price, quantity of vouchers, which services they are for.
PLANS: Final = (
    ("Glow Club Monthly", "P1M", 9_900, 1, (3,)),
    ("Blowout Unlimited", "P1M", 14_900, 4, (0, 5)),
    ("Annual Massage", "P1Y", 99_900, 12, (2,)),
    ("Quarterly Skin & Hair", "P3M", 25_000, 2, (3, 1)),
)
TAGS: Final = (
    ("VIP", "⭐"),
    ("Allergy: nuts", "🥜"),
    ("Referral", None),
    ("No-show risk", "⚠"),
    ("<b>Bold</b>", None),
)
PERMISSIONS: Final = (
    ("appointment_read", "Appointments"),
    ("client_read", "Clients"),
    ("client_contact_read", "Client contact information"),
    ("location_read", "Locations"),
    ("membership_read", "Memberships"),
    ("order_read", "Orders"),
    ("service_read", "Services"),
    ("staff_read", "Staff"),
    ("webhook_manage", "Webhooks"),
)
FEES: Final = ("Booking fee", "Card processing")
DISCOUNTS: Final = ("Loyalty", "First visit", "Friends & family")
