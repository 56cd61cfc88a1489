"""Pure drawing: figures in, coordinates out."""
