"""Public notices: what a village is shown before a title is given or taken, and what is objected to it."""
