"""Files of many ratings that leave the system: granted by a second person, limited, marked, on record."""
