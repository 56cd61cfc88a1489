"""Everything this app writes."""
