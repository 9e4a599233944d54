"""Boulevard: appointments, memberships, orders, e-mail and SMS consent."""
