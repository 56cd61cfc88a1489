"""The one door to addresses that people enter: parsed strictly, resolved once, checked, and only then dialled."""
