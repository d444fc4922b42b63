"""How far annotators agree: which of their work counts, the values on a grid, what is matched, and the
figures that follow, as ``kfstudio agreement`` prints them and the window shows them."""
