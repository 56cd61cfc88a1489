"""MariaDB databases: dumped by mariadb-dump, fingerprinted in the same moment, proven in a throwaway server."""
