"""What we know: facts as columns, behaviour of visitors, and the numbers made of both."""
