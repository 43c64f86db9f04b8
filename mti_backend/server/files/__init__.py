"""The server's files: blobs by their content, job folders, shared results. No database, no HTTP."""
