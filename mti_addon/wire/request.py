"""A request from Blender: request.json, written once and never changed; stdlib only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, get_args

from . import codec
from .codec import Constraint, Range
from .edit import AS_LEARNED, MotionEdit
from .errors import BadRequest, NewerProtocol
from .problem import Problem
from .settings import InversionSettings, Settings, check_runnable, upgraded

PROTOCOL = 4
"""Version of the job folder; docs/job.md says what it means, and when to increase it."""

OLDER_PROTOCOLS = (1, 2, 3)
"""Older protocols that can still be read."""

Task = Literal["learn", "apply", "learn+apply"]
TASKS: tuple[Task, ...] = get_args(Task)
MAX_REFERENCES = 16
MAX_TARGETS = 8
MAX_REQUEST_BYTES = 256 * 1024
"""Sixteen references of 128 images, each with its sha256, take 200 KB."""
TARGET = "target.png"
MOTION = "motion.safetensors"
POSES = "poses.json"

_SHA256 = r"[0-9a-f]{64}"
SLOWEST, FASTEST = 0.01, 1000
"""Frames per second at which a motion may be captured."""
_FRAME_LIMIT = 1_048_574
"""Blender's own limit of a frame number."""
_START = Range(-_FRAME_LIMIT, _FRAME_LIMIT, "scene frames", "First captured frame.")
_END = Range(-_FRAME_LIMIT, _FRAME_LIMIT, "scene frames", "Last captured frame, inclusive.")


def reference_folder(reference: int) -> str:
    """Return the name of a reference's folder relative to inputs/: reference, reference_02 ..."""
    return "reference" if reference == 1 else f"reference_{reference:02d}"


def reference_name(index: int, reference: int = 1) -> str:
    """Return the name of image `index` of a reference relative to inputs/, both from 1."""
    return f"{reference_folder(reference)}/{index:04d}.png"


def target_name(target: int = 1) -> str:
    """Return the name of an image to animate relative to inputs/: target.png, target_02.png ..."""
    return TARGET if target == 1 else f"target_{target:02d}.png"


def motion_name(motion: int = 1) -> str:
    """Return the name of a motion to apply: motion.safetensors, motion_02.safetensors ..."""
    return MOTION if motion == 1 else f"motion_{motion:02d}.safetensors"


@dataclass(frozen=True)
class CaptureInfo:
    """Origin of the motion in the scene, so that the result can be placed in time."""

    fps: Annotated[float, Range(SLOWEST, FASTEST, "frames/s", "The scene's frame rate.")]
    frame_start: Annotated[int, _START]
    frame_end: Annotated[int, _END]
    size: tuple[
        Annotated[int, Range(1, 65536, "px", "Width of the scene's render.")],
        Annotated[int, Range(1, 65536, "px", "Height of the scene's render.")],
    ]
    flip_safe: Annotated[bool, Constraint(None, "The motion stays the same when mirrored.")]

    @property
    def seconds(self) -> float:
        """Return the motion's duration in the scene; both ends of the range are shown."""
        return (self.frame_end - self.frame_start + 1) / self.fps


@dataclass(frozen=True)
class Request:
    """One job. All paths are relative to the job's inputs/ folder, and none points outside it."""

    protocol: Annotated[int, Range(1, 10_000, "", "Version of the job folder.")]
    job: Annotated[str, Constraint(r"[0-9a-f]{32}", "uuid4 in hex; also the folder's name.")]
    task: Annotated[Task, Constraint(None, "What to do.")]
    name: Annotated[str, Constraint(r"[^\x00-\x1f\x7f]{1,64}", "The motion's display name.")]
    settings: Annotated[Settings, Constraint(None, "All parameters of the method.")]
    inputs: Annotated[
        dict[str, Annotated[str, Constraint(_SHA256, "sha256 in hex.")]],
        Constraint(None, "Name of each input file, relative to inputs/, and its sha256."),
    ]
    reference_frames: Annotated[int, Range(0, 128, "images", "Number of images; 0 for apply.")]
    references: Annotated[
        int,
        Range(
            0, MAX_REFERENCES, "references", "Number of drawings of the same motion; 0 for apply."
        ),
    ]
    targets: Annotated[
        int, Range(0, MAX_TARGETS, "targets", "Number of images to animate; 0 for learn.")
    ]
    capture: Annotated[CaptureInfo, Constraint(None, "Origin of the motion.")]
    edit: Annotated[MotionEdit, Constraint(None, "Changes of the motions to apply.")] = AS_LEARNED

    @property
    def learns(self) -> bool:
        """Return whether the task optimizes a new motion."""
        return self.task != "apply"

    @property
    def applies(self) -> bool:
        """Return whether the task applies a motion to the target image."""
        return self.task != "learn"

    @property
    def inversion(self) -> InversionSettings:
        """Return how to learn; a motion that changes when mirrored is never mirrored."""
        settings = self.settings.inversion
        flip = settings.augmentation.horizontal_flip and self.capture.flip_safe
        return replace(settings, augmentation=replace(settings.augmentation, horizontal_flip=flip))

    def input_names(self) -> tuple[str, ...]:
        """Return the names of the inputs that this task requires, relative to inputs/.

        A task that learns may also have POSES.
        """
        names = [
            reference_name(index + 1, reference + 1)
            for reference in range(self.references if self.learns else 0)
            for index in range(self.reference_frames)
        ]
        names += [target_name(target + 1) for target in range(self.targets if self.applies else 0)]
        if self.task == "apply":
            names += [motion_name(motion + 1) for motion in range(len(self.edit.parts))]
        return tuple(names)

    def check(self) -> None:
        """Raise BadRequest for what cannot be carried out; first of all, NewerProtocol."""
        _check_protocol(self.protocol)
        if self.protocol != PROTOCOL:
            raise BadRequest(f"protocol is {self.protocol}, but a new request's is {PROTOCOL}.")
        codec.check(self)
        self._check_meaning()

    def to_json(self) -> str:
        """Return the text of request.json, in a readable format."""
        return codec.dumps(codec.to_dict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, data: bytes | str, to_run: bool = False) -> Request:
        """Read request.json: first the protocol, then every field, strictly.

        Fields missing from an older protocol are filled in, and the result has this version's.
        `to_run`: reject requests that can no longer be carried out, such as experiments of older
        versions (`settings.check_runnable`). Raises BadRequest, NewerProtocol.
        """
        if len(data) > MAX_REQUEST_BYTES:
            raise BadRequest(f"request.json is larger than {MAX_REQUEST_BYTES} bytes.")
        value = codec.loads(data, "request.json")
        if isinstance(value, dict):
            _check_protocol(value.get("protocol"))
            if to_run and value.get("protocol") in (1, 2):
                check_runnable(value.get("settings"))
            value = _upgraded(value)
        request = codec.from_dict(cls, value)
        request._check_meaning()
        return request

    def _check_meaning(self) -> None:
        self.settings.check()
        if self.settings.method == "motion-inversion":
            self._check_words()
        expected = self.settings.num_frames if self.learns else 0
        if self.reference_frames != expected:
            raise BadRequest(
                f"reference_frames is {self.reference_frames}, and must be {expected} for "
                f"task {self.task} of {self.settings.num_frames} frames."
            )
        if self.learns != (self.references > 0):
            should = "at least 1" if self.learns else "0"
            raise BadRequest(
                f"references is {self.references}, and must be {should} for task {self.task}."
            )
        self._check_targets()
        if self.capture.frame_end <= self.capture.frame_start:
            raise BadRequest(
                "capture.frame_end must be after capture.frame_start.",
                "Choose a range of at least two frames.",
            )
        self.edit.check()
        if self.learns and self.edit != AS_LEARNED:
            raise BadRequest(f"edit must be left out for task {self.task}.")
        if self.learns and self.settings.inversion.token_init == "poses":
            if POSES not in self.inputs:
                raise BadRequest(
                    f"inputs lacks {POSES!r}, which token_init poses needs.",
                    "Learn from a captured figure or camera, or choose another token_init.",
                )
        missing = set(self.input_names()) - set(self.inputs)
        extra = set(self.inputs) - set(self.input_names()) - ({POSES} if self.learns else set())
        if missing or extra:
            problem = f"lacks {min(missing)!r}" if missing else f"must not contain {min(extra)!r}"
            raise BadRequest(f"inputs {problem} for task {self.task}.")

    def _check_targets(self) -> None:
        if self.settings.method == "motion-inversion":
            if self.targets:
                raise BadRequest(f"targets is {self.targets}, and must be 0: prompts are applied.")
            return
        shown = self.applies and self.settings.sampling.appearance == "target"
        if shown != (self.targets > 0):
            should = "at least 1" if shown else "0"
            raise BadRequest(
                f"targets is {self.targets}, and must be {should} for task {self.task} with "
                f"appearance {self.settings.sampling.appearance}."
            )

    def _check_words(self) -> None:
        """Motion Inversion has one reference, prompts for targets, and a strength for an edit."""
        if self.applies:
            self.settings.words.check_prompts()
        if self.references > 1:
            raise BadRequest(
                f"references is {self.references}, and must be 1 for motion-inversion."
            )
        if self.edit != AS_LEARNED:
            raise BadRequest(
                Problem(
                    "words_not_edited",
                    "A motion that is applied by words cannot be edited.",
                    "Change its strength instead, or choose the motion as it was learned.",
                )
            )


def _check_protocol(value: Any) -> None:
    """Check the protocol first: only a newer version knows what a newer folder's fields mean."""
    if isinstance(value, int) and not isinstance(value, bool) and value > PROTOCOL:
        raise NewerProtocol(
            Problem(
                "job_of_newer_protocol",
                (
                    "This job was written for protocol {written}, but this version uses "
                    "protocol {spoken}."
                ),
                "Update the extension and the backend to the same version.",
                {"written": value, "spoken": PROTOCOL},
            )
        )


def _upgraded(value: dict[str, Any]) -> dict[str, Any]:
    """Convert a request of an older protocol to an equivalent one of this; keep any other."""
    number = value.get("protocol")
    if type(number) is not int or number not in OLDER_PROTOCOLS:
        return value
    if number == 1:
        if "references" in value:
            return value
        value = value | {
            "references": 0 if value.get("task") == "apply" else 1,
            "targets": 0 if value.get("task") == "learn" else 1,
        }
    edit = codec.to_dict(AS_LEARNED)  # the first requests of protocol 3 had none either
    if number == 3:
        edit = value.get("edit", edit)
    settings = upgraded(value.get("settings"), number)
    return value | {"protocol": PROTOCOL, "settings": settings, "edit": edit}
