"""Every way in which a backup fails, and the proof that a drill names it."""
