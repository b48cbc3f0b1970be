"""The only SQL of the product: tables, one module of functions a noun, migrations. Everyone else passes those
functions to a Database."""
