"""Lays stories and answers out as cards: spans, lines, buttons, picture. Pure: values in, values out."""
