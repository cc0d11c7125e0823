"""`make deploy`: from a clone to a deployed, guarded chat, and the same again for a later version."""
