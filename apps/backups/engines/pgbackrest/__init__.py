"""PostgreSQL's files and write-ahead log, backed up by pgBackRest: driven here, never replaced."""
