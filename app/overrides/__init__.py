"""Overrides: an official departs from the card for a while, capped, with a reason, and for all to see."""
