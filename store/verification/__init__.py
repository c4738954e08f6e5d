"""How people prove who they are: PINs, second factors, limits on trying, and what ends when a proof is taken away."""
