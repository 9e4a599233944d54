"""What webhooks say of classes and employees, which no metric is made of."""

from __future__ import annotations

from typing import Any, Final

from frontdesk.sandbox.chance import cousin
from frontdesk_zenoti.sandbox import names
from frontdesk_zenoti.sandbox.rows import Center, Employee, Guest
from frontdesk_zenoti.sandbox.times import day_text, utc

_OPEN: Final = (
    "instructor_details_list",
    "room_id",
    "description",
    "html_description",
    "recurrence_start_time",
    "recurrence_end_time",
    "recurrence_type",
    "frequency",
    "num_occurences",
    "weekdays",
    "code",
    "event_id",
    "student_virtual_link",
    "instructor_virtual_link",
    "recurrence_id",
    "recurrence_session_ids",
)


def session(center: Center, number: int, start: int) -> dict[str, Any]:
    """Tell a session of a class."""
    return {
        "sesion_id": number,
        "center_id": center.id,
        "class_name": "Yoga & <Breathing>",
        "start_time": utc(start),
        "end_time": utc(start + 3600),
        "duration_in_mins": 60,
        "capacity": 10,
        "web_capacity": 5,
        "show_in_catalog": 1,
        "is_free_session": False,
        "is_recurring": False,
        "override_conflict_check": False,
        "enforce_add_on_conflict": False,
        "class_type": 1,
        **dict.fromkeys(_OPEN),
    }


def booking(center: Center, guest: Guest, number: int, *, decided: bool = False) -> dict[str, Any]:
    """Tell a booking of a class; a decision about the waiting list has other fields."""
    common = {
        "workshop_id": 11_370,
        "track_id": -1,
        "class_id": 11_370,
        "session_id": 89_000 + number,
        "add_to_all": 0,
        "training_virtual_guests": None,
        "guest_id": guest.id,
        "center_id": center.id,
        "waitlist": decided,
        "booking_source": None,
        "registration_id": 119_000 + number,
        "group_invoice_id": None,
        "recurrence_id": None,
        "recurrence_registration_ids": None,
    }
    if decided:
        return common
    return {**common, "is_recurring": False, "guest_registration_ids": None}


def worker(center: Center, employee: Employee, at: int) -> dict[str, Any]:
    """Tell an employee, with all that is nobody's business."""
    return {
        "id": employee.id,
        "code": employee.code,
        "center_id": center.id,
        "is_consultant": None,
        "created_by": names.NOBODY,
        "personal_info": _person(center, employee),
        "address": {
            "address_1": f"{names.CANARY} Street",
            "address_2": "",
            "city": "",
            "country_id": center.country[0],
            "state_id": -1,
            "zip_code": "",
        },
        "login_info": {"username": f"{names.CANARY.lower()}-{employee.code}@example.com"},
        "job_info": _job(center, employee, at),
        "preference_info": _wishes(),
        "payroll_info": {"include_in_payroll": 1},
        "vanity_image_url": None,
        "roles": {"security_profile_id": names.NOBODY},
        "catalog_info": {"show_in_catalog": False, "display_name": "", "description": ""},
    }


def _person(center: Center, employee: Employee) -> dict[str, Any]:
    phone = {"country_code": center.country[3], "number": ""}
    return {
        "first_name": employee.first,
        "middle_name": "",
        "last_name": employee.last,
        "nick_name": "",
        "notification_name": employee.name,
        "email": f"{names.CANARY.lower()}-{employee.code}@example.com",
        "mobile_phone": phone,
        "home_phone": phone,
        "work_phone": phone,
        "gender": employee.gender,
        "birth_date": names.NEVER,
        "anniversary_date": names.NEVER,
    }


def _job(center: Center, employee: Employee, at: int) -> dict[str, Any]:
    zeros = (
        "hourly_rate",
        "overtime_baseline_hours",
        "overtime_type",
        "request_therapist_bonus",
        "mandatory_break_period",
        "max_work_hours",
        "target_revenue",
        "vacation_days",
        "special_leave_days",
        "pay_type",
    )
    return {
        "job_id": cousin(employee.id, "a"),
        "job_name": employee.job,
        "designation_id": None,
        "company_name": "Zen & Co",
        "salary": 4_242_424,
        **dict.fromkeys(zeros, 0),
        "overtime_multiplier": 1,
        "work_task_ids": None,
        "is_elgible_for_additional_commision_bonus": False,
        "start_date": day_text(at, center.zone),
        "end_date": names.NEVER,
        "tenure_start_date": names.NEVER,
    }


def _wishes() -> dict[str, Any]:
    yes = (
        "receive_marketing_emails",
        "receive_marketing_messages",
        "receive_transactional_emails",
        "receive_transactional_messages",
        "send_confirmation_for_scheduled_appointments",
    )
    no = (
        "receive_daily_reports",
        "receive_register_closure_report",
        "waive_biometric_checkin",
        "access_manager_productivity_app",
        "is_mentor",
        "access_employee_productivity_app",
        "allow_api_access",
    )
    empty = ("search_tags", "access_code", "keyword", "text_field_1", "text_field_2")
    return {
        "culture_id": 54,
        "allow_analytics_access": 0,
        **dict.fromkeys(yes, True),
        **dict.fromkeys(no, False),
        **dict.fromkeys(empty, ""),
        "additional_date_1": names.NEVER,
        "additional_date_2": names.NEVER,
    }
