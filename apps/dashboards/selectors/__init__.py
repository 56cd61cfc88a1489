"""What the pages show, gathered from the apps below and arranged."""
