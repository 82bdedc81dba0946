"""The log of inquiries: hash-chained files with signed heads, which anybody with the public key can check."""
