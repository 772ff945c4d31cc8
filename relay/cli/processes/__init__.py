"""One relay in several processes: who does what, who starts them, and how they are stopped and replaced."""
