"""Certificates of titles: numbered, signed, and checked by anybody, with the service or without it."""
