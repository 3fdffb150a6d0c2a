"""The kit for encoding and decoding: pure functions and machines that providers share."""
