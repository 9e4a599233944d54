"""Zenoti: appointments, invoices, memberships, packages and e-mail consent."""
