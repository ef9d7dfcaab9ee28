"""The written client experience: read, checked, compared, edited."""
