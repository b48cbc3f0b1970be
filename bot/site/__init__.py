"""The one HTTP server: health, metrics, the read-only JSON API, the sample wire, and the pages that adapters bring."""
