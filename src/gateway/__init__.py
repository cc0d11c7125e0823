"""The gateway: from a browser's request to io.net and back. One module per concern; chat.py is the main path."""
