"""Who is on an account, as those see it and change it who may manage its contacts."""
