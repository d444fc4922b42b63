"""The main window: where everything lies, its actions, bars and the presenter of the panes."""
