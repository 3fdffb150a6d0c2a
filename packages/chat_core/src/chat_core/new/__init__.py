"""`python -m chat_core.new chat_acme` writes a provider package that works, for a server that is made up."""
