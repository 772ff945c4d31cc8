"""What intake keeps in files of its own while the store is away, until it is back."""
