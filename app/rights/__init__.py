"""The rights of the people who are rated: to see, to be told why, to have a person look, to be forgotten."""
