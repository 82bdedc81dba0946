"""Objections of the people who are rated: marked at once, answered in time, never lost."""
