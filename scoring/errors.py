"""What is wrong with a card, a profile or the columns given to it."""


class CardError(ValueError):
    """A policy file or a column that cannot be used; the message says where and what."""
