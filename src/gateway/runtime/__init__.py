"""The Worker's runtime: waiting for its promises, reading its streams, and work that outlives a request."""
