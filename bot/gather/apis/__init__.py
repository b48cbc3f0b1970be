"""News APIs: sources that need a key and have a budget. A pure module a provider; only `asking` asks."""
