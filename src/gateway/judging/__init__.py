"""Answers judged by the guard, at their end or before they are given, where the owner wants that."""
