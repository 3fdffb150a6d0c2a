"""The kit for clients: the base client and builder, the exchange with a server, and its deadlines."""
