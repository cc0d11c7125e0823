"""Conversations, kept in the owner's own database: whose they are, what they are, and how they are written and read."""
