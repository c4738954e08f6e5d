"""What people type and read, with no database: cleaned, read as numbers, spans of time in words; and addresses of this machine. Pure."""
