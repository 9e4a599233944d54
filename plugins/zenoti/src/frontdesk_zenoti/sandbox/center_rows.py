"""Centers, and what belongs to one: people, services, categories, countries."""

from __future__ import annotations

from typing import Any

from frontdesk_zenoti.sandbox import names
from frontdesk_zenoti.sandbox.options import Options
from frontdesk_zenoti.sandbox.rows import Center, Employee, Service
from frontdesk_zenoti.sandbox.times import money


def center_row(center: Center, options: Options) -> dict[str, Any]:
    """Write a center."""
    _, _, _, _, _, _, state, post, street = names.PLACES[center.place]
    under = "_" if options.center_keys == "address_1" else ""
    return {
        "id": center.id,
        "code": center.code,
        "name": center.name,
        "display_name": f"Zen & Co {center.name}",
        "description": None,
        "address_info": {
            f"address{under}1": street,
            f"address{under}2": "Floor 2" if center.number % 2 else "",
            "city": names.PLACES[center.place][0],
            "zip_code": post,
        },
        "contact_info": {
            f"phone{under}1": _phone(center, center.number % 3 != 2),  # noqa: PLR2004  # one in three
            f"phone{under}2": {"country_id": center.country[0], "number": "", "display_number": ""},
            "email": f"{center.code.lower()}@example.com",
        },
        "country": country_row(center.country),
        "state": state_row(next(one for one in names.STATES if one[0] == state)),
        "currency": dict(zip(("id", "code", "name", "symbol"), center.currency, strict=True)),
        "location": _location(center, options),
        "culture_code_at_center": "en-US",
        "additional_info": {"can_book": True},
    }


def _phone(center: Center, display: bool) -> dict[str, Any]:
    number = center.country[4].format(900 + center.number % 99)
    shown = f"+{center.country[3]} {number}" if display else ""
    return {"country_id": center.country[0], "number": number, "display_number": shown}


def _location(center: Center, options: Options) -> dict[str, Any]:
    _, _, zone, standard, display, symbol, _, _, _ = names.PLACES[center.place]
    windows = options.zone_names == "windows"
    return {
        "latitude": 47.6 + center.number,
        "lattitude": 47.6 + center.number,
        "longitude": -122.2 + center.number,
        "time_zone": {
            "id": 10 + center.place,
            "name": display if windows else zone,
            "standard_name": standard if windows else zone,
            "symbol": symbol,
        },
    }


def country_row(country: tuple[int, str, str, int, str]) -> dict[str, Any]:
    """Write a country."""
    number, code, name, phone_code, _ = country
    return {
        "id": number,
        "code": code,
        "name": name,
        "phone_code": phone_code,
        "nationality": name,
    }


def state_row(state: tuple[int, int, str, str]) -> dict[str, Any]:
    """Write a state of a country."""
    return {"id": state[0], "code": state[2], "name": state[3], "short_name": state[2]}


def employee_row(worker: Employee) -> dict[str, Any]:
    """Write somebody who works at a center."""
    return {
        "id": worker.id,
        "code": worker.code,
        "personal_info": {
            "first_name": worker.first,
            "last_name": worker.last,
            "name": worker.name,
            "nick_name": "",
            "email": f"{names.CANARY.lower()}-{worker.code}@example.com",
            "gender": worker.gender,
        },
        "job_info": {"id": worker.code, "name": worker.job},
    }


def service_row(service: Service, *, whole: bool) -> dict[str, Any]:
    """Write a service; its category comes only when it is asked for."""
    more = {
        "additional_info": {
            "category": {"id": service.category[0], "name": service.category[1]},
            "is_add_on": service.addon,
            "has_add_ons": not service.number,
        }
    }
    return {
        "id": service.id,
        "code": service.code,
        "name": service.name,
        "description": "",
        "duration": service.minutes,
        "price_info": {"currency_id": 0, "sale_price": money(service.price), "tax_id": None},
        **(more if whole else {}),
    }


def category_row(category: tuple[str, str]) -> dict[str, Any]:
    """Write a category."""
    return {
        "id": category[0],
        "code": category[1][:4].upper(),
        "name": category[1],
        "type": 1,
        "parent_category_id": names.NOBODY,
    }
