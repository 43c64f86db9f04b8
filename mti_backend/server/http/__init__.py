"""The HTTP API, version 1, and the administrator's page; docs/http.md. Imports starlette."""
