"""What all the others stand on: settings, errors, and the small rules for text that come from elsewhere."""
