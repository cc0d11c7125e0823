"""io.net: calls, retries, fallbacks, the guard, and the list of models."""
