"""SQLite databases: the file is copied at one moment, and the copy is the backup."""
