"""credit-village: credit files, ratings and coverage of a rural district."""
