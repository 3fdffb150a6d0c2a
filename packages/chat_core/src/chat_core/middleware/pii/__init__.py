"""Personal data: placeholders for it on the way to a model, and the data itself on the way back."""
