"""Values: what is said, stored, requested and answered. They import nothing outside this room."""
