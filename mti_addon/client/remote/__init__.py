"""A studio's server, from Blender's side: pairing, jobs that run there, its shared motions.

Blender itself only reads and writes files. What speaks to the server are the processes in `relay`,
which nothing that Blender runs may import.
"""
