"""The loops that carry requests to enrollments and enrollments to the destination."""
