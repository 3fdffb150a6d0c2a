"""Values: messages and their parts, requests, responses, events, errors.

They import nothing outside this room.
"""
