"""Cards in the forms other systems read."""
