"""Set-up and development tools: nothing here is deployed."""
