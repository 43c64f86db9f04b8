"""The whole path with the real runner and the draft model, on a few iterations."""

from __future__ import annotations

import io
import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mti_addon.wire import codec
from mti_addon.wire.job import JobFolder
from mti_addon.wire.library.motion_embeddings import check_motion
from mti_addon.wire.library.tensors import check_tokens
from mti_addon.wire.owner import read_owner
from mti_addon.wire.request import Request
from tests.e2e import words
from tests.server.faults.test_faults import until
from tests.server.serving import Answer, Client, invited, running
from tests.tiny_text_to_video import make_tiny_text_to_video
from tests.wire.examples import make_request


def pictures(request: Request) -> dict[str, bytes]:
    """A square that moves to the right, and a target."""
    found = {}
    for index, name in enumerate(sorted(request.input_names())):
        picture = np.full((128, 128, 3), 230, np.uint8)
        left = 20 + 5 * (index % 14)
        picture[40:80, left : left + 24] = (60, 40, 40)
        stream = io.BytesIO()
        Image.fromarray(picture).save(stream, "PNG")
        found[name] = stream.getvalue()
    return found


def post(client: Client, request: Request) -> Answer:
    """Submit a request whose inputs have been uploaded."""
    body = {"request": codec.to_dict(request), "inputs": dict(request.inputs)}
    return client.post("/v1/jobs", body, Idempotency_Key=request.job)


def submit(client: Client, name: str, task: str, seed: int, iterations: int) -> str:
    request = make_request(task, name=name)  # type: ignore[arg-type]
    inversion = replace(
        request.settings.inversion,
        iterations=iterations,
        reconstruct=False,
        seed=seed,
        checkpoint_every=2,
    )
    request = replace(request, settings=replace(request.settings, inversion=inversion))
    sums = {name: client.upload(data) for name, data in pictures(request).items()}
    answer = post(client, replace(request, inputs=sums))
    assert answer.status == 201, answer.data
    return str(answer.json["id"])


def test_a_motion_is_learned_on_a_warm_model_and_survives_a_kill(data: Path) -> None:
    with running(data, "--real", "--slots", "1", "--idle", "60") as server:
        client = Client(server.port, invited(data, "anna"))
        first = submit(client, "Wave", "learn+apply", 1, iterations=4)
        found = client.wait(first, seconds=240)
        assert found["state"] == "done", client.lines(first)[-1]
        names = {file["name"] for file in client.get(f"/v1/jobs/{first}/files").json["files"]}
        assert {"motion.safetensors", "preview.webp", "frames/0014.png"} <= names
        motion = client.get(f"/v1/jobs/{first}/files/motion.safetensors").data
        assert check_tokens(motion, "motion").meta["name"] == "Wave"
        pid = read_owner(data / "jobs" / first / "owner.json")

        # the same process, with its model loaded, takes the next job
        second = submit(client, "Jump", "learn", 2, iterations=16)
        path = until(lambda: next(data.glob("spool/0/*/owner.json"), None), 60)
        runner = read_owner(path)
        assert runner is not None and pid is not None and runner.pid == pid.pid

        # and when it is killed, another one goes on from the checkpoint
        until(lambda: client.job(second)["seq"] and learned(client, second) >= 4, 120)
        os.kill(runner.pid, signal.SIGKILL)
        assert client.wait(second, seconds=240)["state"] == "done"
        events = [line["event"] for line in client.lines(second)]
        assert "resumed" in events and client.job(second)["attempt"] == 2

        # what anna has learned, ben need not learn again; but under his own name
        ben = Client(server.port, invited(data, "ben"))
        third = submit(ben, "Hop", "learn", 2, iterations=16)
        assert ben.wait(third, seconds=20)["state"] == "done"
        theirs, his = (
            c.get(f"/v1/jobs/{job}/files/motion.safetensors").data
            for c, job in ((client, second), (ben, third))
        )
        assert check_tokens(his, "motion").meta == check_tokens(theirs, "motion").meta | {
            "name": "Hop"
        }
        assert b"Jump" not in his
        engine = client.get("/v1/me").json["engines"][0]
        assert engine["seconds_per_job"]["learn"] > 0
        for each in (client, ben):
            each.close()


def send(client: Client, job: JobFolder) -> Answer:
    """Submit what is in a local job's folder, as a relay does."""
    request = job.request()
    for name, sha256 in request.inputs.items():
        assert client.upload((job.inputs / name).read_bytes()) == sha256
    return post(client, request)


def test_a_motion_by_words_is_learned_and_played_there(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    make_tiny_text_to_video("animatediff", models / "animatediff")
    monkeypatch.setenv("MTI_MODELS_DIR", str(models))
    with running(data, "--real", "--slots", "1", "--idle", "60") as server:
        client = Client(server.port, invited(data, "anna"))
        first = send(client, words.new_job(tmp_path / "jobs", "learn")).json["id"]
        found = client.wait(first, seconds=240)
        assert found["state"] == "done", client.lines(first)[-1]
        motion = client.get(f"/v1/jobs/{first}/files/motion.safetensors").data
        assert check_motion(motion, "motion").about["caption"] == "a man waves"

        def play(data: bytes) -> Answer:
            inputs = {"motion.safetensors": data}
            return send(client, words.new_job(tmp_path / "jobs", "apply", inputs))

        second = play(motion).json["id"]
        assert client.wait(second, seconds=240)["state"] == "done"
        names = {file["name"] for file in client.get(f"/v1/jobs/{second}/files").json["files"]}
        assert {f"frames/{i + 1:04d}.png" for i in range(words.FRAMES)} <= names
        for damaged in (motion[:-2], motion[8:], b"no motion"):
            answer = play(damaged)
            assert answer.status == 422 and answer.code.startswith("motion_"), answer.data
        client.close()


def learned(client: Client, job: str) -> int:
    lines = client.lines(job)
    return max((e["step"] for e in lines if e.get("stage") == "learn"), default=0)


def test_the_log_of_a_job_stays_with_the_server(data: Path) -> None:
    """It may name the server's folders, so no answer contains it."""
    with running(data) as server:
        client = Client(server.port, invited(data, "anna"))
        job = client.submit("finish")["id"]
        client.wait(job)
        told = json.dumps(client.get(f"/v1/jobs/{job}/files").json)
        assert "log.txt" not in told and str(data) not in told
        client.close()
