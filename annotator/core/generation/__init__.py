"""Takes from words: the models that can be asked, and how one story or many are asked."""
