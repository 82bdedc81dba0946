"""`python -m app` is the command `credit-village`."""

from app.cli import main

main()
