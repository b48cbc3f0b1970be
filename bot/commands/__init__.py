"""What people type and press: one module a command, declared once for every platform."""
