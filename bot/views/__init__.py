"""Facts to messages, cards, forms and the home tab. Pure."""
