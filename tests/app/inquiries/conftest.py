"""What every test of inquiries may ask for."""

from tests.app.inquiries.desk import desk

__all__ = ["desk"]
