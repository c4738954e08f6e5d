"""How people sign in to pages: the desk's own, and customers. docs/customers.md, docs/desk.md"""
