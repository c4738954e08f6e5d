"""Mail in: what came over SMTP, read. Pure: no database, no network; what becomes of it is decided in `desk`."""
