"""The motion library: an index over several folders, and what is changed in the own one.

Show motions (`index.py`, `entry.py`, `search.py`):

    library = Library(own, studio=[folder], shipped=presets)   # reads nothing
    library.refresh(0.004)          # on a timer: looks for changes on disk for 4 ms; True: redraw
    library.entries(Query(text="wave arm", kinds=frozenset({"body"}), order="used"))  # no file read
    library.find(id)  library.at(folder)  library.tags()  library.problems
    library.revision                # grows whenever something else is to be shown
    library.set_favorite(id, True)  library.mark_used(id)   # kept in own/.state.json
    library.close()                 # saves the index, which is a cache in own/.index

Entry: folder, origin (own, studio, shipped), id, name, kind, tags, author, license, notes,
num_frames, fps, date, models (name -> Quality), parents, has_poses, favorite, used, and paths:
thumbnail, preview, references. An entry is identified by its folder, a motion by its id: a copy has
the id of its original. Before a motion is used, its preset is read again:
`wire.library.read_motion(entry.folder)`.

Change motions (`changes.py`, `trash.py`); then call `library.notice(folder)` to see it at once:

    change(own, folder, name=..., kind=..., tags=..., author=..., license=..., notes=...)
    duplicate(own, folder, free_name(name, taken))     # of any library, into the own one
    place = delete(own, folder)     restore(own, place)     list_trash(own)     empty_trash(own)
    wire.library.save_motion(job, own, About(...))     save_embedding(job, own, folder)
    wire.library.import_motion(own, file)     export_to(read_motion(folder), file)

All of them are done whole or not at all, and raise an MtiError with one sentence. A motion that is
not in the own library is never changed (NotWritable); save_embedding then adds a copy with the new
embedding to the own library, which is shown instead of the original.
"""

from .changes import change, duplicate, free_name
from .entry import Entry, Origin
from .index import Library, Unreadable
from .search import Query
from .trash import Deleted, delete, empty_trash, list_trash, restore

__all__ = [
    "Deleted",
    "Entry",
    "Library",
    "Origin",
    "Query",
    "Unreadable",
    "change",
    "delete",
    "duplicate",
    "empty_trash",
    "free_name",
    "list_trash",
    "restore",
]
