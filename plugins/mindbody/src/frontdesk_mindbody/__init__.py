"""Mindbody: appointments, classes, sales, contracts and e-mail consent."""
