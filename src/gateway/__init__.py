"""The gateway: from a browser's request to io.net and back. chat.py is the main path; a folder for each concern."""
