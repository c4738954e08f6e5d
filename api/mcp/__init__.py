"""The tools of an AI assistant that helps one of the staff with one case: the protocol is the `mcp` SDK's, the rights are desk/assistant_tools.py's."""
