"""The execute API that enrollments go to."""
