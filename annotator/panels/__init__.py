"""The panels around the panes.  No panel imports another; session and window wire them."""
