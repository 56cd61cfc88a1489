"""Questions about health: Seaworthy's own, and that of services."""
