"""What other systems ask and are told: REST at /api/v1, the tools of an assistant at /mcp. A channel like the others: what is judged and done is `desk`."""
