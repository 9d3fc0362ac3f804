"""Short names that can be read aloud."""

import secrets

# without letters and digits that look alike
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def make(length):
    if length < 4:
        raise ValueError("a slug has at least four characters")
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
