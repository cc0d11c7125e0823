"""What stands in the way of a deployment."""


class CannotDeploy(Exception):
    """What stands in the way, as a sentence for the person at the terminal. It never quotes a secret."""
