"""Attestations and vetoes: what a document shows, confirmed by a second person, until it expires."""
