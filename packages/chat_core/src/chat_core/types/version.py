"""The version of chat-core. Written by tools/package_metadata.py."""

VERSION = "0.1.0"
