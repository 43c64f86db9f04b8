"""The compositor of a scene, by the names of Blender 4.5 and of 5.0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def node_tree(scene: Any) -> Any:
    """The nodes that a render of the scene goes through; None if it goes through none."""
    if not scene.render.use_compositing:
        return None
    if hasattr(scene, "compositing_node_group"):
        return scene.compositing_node_group
    return scene.node_tree if scene.use_nodes else None


def composes(scene: Any) -> bool:
    """A render is what the scene's nodes make of its view layers."""
    tree = node_tree(scene)
    ends = ("COMPOSITE", "GROUP_OUTPUT")
    return tree is not None and any(node.type in ends and not node.mute for node in tree.nodes)


def file_outputs(scene: Any) -> list[tuple[Any, dict[str, Any]]]:
    """What keeps the nodes from writing files of their own, over the animator's, perhaps."""
    nodes = all_nodes(node_tree(scene))
    return [(node, {"mute": True}) for node in nodes if node.type == "OUTPUT_FILE"]


def all_nodes(tree: Any) -> Iterator[Any]:
    """All nodes of a tree, and of the groups in it; none of no tree."""
    yield from _nodes(tree, set())


def _nodes(tree: Any, seen: set[Any]) -> Iterator[Any]:
    if tree is None or tree in seen:
        return
    seen.add(tree)
    for node in tree.nodes:
        yield node
        if node.type == "GROUP":
            yield from _nodes(node.node_tree, seen)
