"""A scene's compositor, in both the 4.5 and 5.0 APIs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def node_tree(scene: Any) -> Any:
    """Return the nodes that post-process a render of the scene, or None."""
    if not scene.render.use_compositing:
        return None
    if hasattr(scene, "compositing_node_group"):
        return scene.compositing_node_group
    return scene.node_tree if scene.use_nodes else None


def composes(scene: Any) -> bool:
    """Return whether the scene's nodes composite its view layers into the render."""
    tree = node_tree(scene)
    ends = ("COMPOSITE", "GROUP_OUTPUT")
    return tree is not None and any(node.type in ends and not node.mute for node in tree.nodes)


def file_outputs(scene: Any) -> list[tuple[Any, dict[str, Any]]]:
    """Return the settings that keep the nodes from writing (or overwriting) files."""
    nodes = all_nodes(node_tree(scene))
    return [(node, {"mute": True}) for node in nodes if node.type == "OUTPUT_FILE"]


def all_nodes(tree: Any) -> Iterator[Any]:
    """Yield all nodes of a tree and of its groups; none without a tree."""
    yield from _nodes(tree, set())


def _nodes(tree: Any, seen: set[Any]) -> Iterator[Any]:
    if tree is None or tree in seen:
        return
    seen.add(tree)
    for node in tree.nodes:
        yield node
        if node.type == "GROUP":
            yield from _nodes(node.node_tree, seen)
