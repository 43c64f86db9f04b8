"""A studio's server: takes job folders over HTTP and has runners work on them; docs/server.md.

    store    what must never be lost, in SQLite           files   blobs, job folders, results
    work     who works on which job: executors, queue     http    the API, administrator's page
    cli      python -m mti_backend serve

Only `http` imports starlette, only `store` imports apsw, and nothing here imports torch.
"""
