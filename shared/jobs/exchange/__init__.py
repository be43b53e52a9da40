"""Owns messages between services: an outbox at the sender, an inbox at the receiver. No store is shared by two."""
