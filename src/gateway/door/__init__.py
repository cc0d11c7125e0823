"""The door, and what it answers with: the request on its way, cross-origin access, and the Response objects."""
