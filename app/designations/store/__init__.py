"""Titles and statuses as they are kept."""
