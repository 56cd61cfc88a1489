"""Ground that every app stands on."""
