"""Servers that speak the platforms' real protocols over loopback sockets and keep state."""
