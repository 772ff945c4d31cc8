"""The admin API: HTTP for the operations of the desk."""
