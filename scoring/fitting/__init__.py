"""Cards learned from outcomes: the same table of whole points that experts write."""
