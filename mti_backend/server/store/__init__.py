"""The server's durable state: users, blobs, jobs, their events, and published motions.

The functions take an open connection and run within a transaction of the caller. Every query about
something that a user owns names the owner.
"""
