"""What is asked: the body, read, checked against the owner's policy, and changed only where the edge must."""
