"""deployment/kuberay.yaml: what of it can be checked without a cluster."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from mti_backend.server.cli import _parser
from tests.server.serving import ROOT, Client, invited, running

MANIFEST = ROOT / "deployment" / "kuberay.yaml"


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str], Any]:
    """What the manifest makes, by (kind, name)."""
    documents = list(yaml.safe_load_all(MANIFEST.read_text("utf-8")))
    made = {(each["kind"], each["metadata"]["name"]): each for each in documents}
    assert len(made) == len(documents)
    return made


def pods(found: dict[tuple[str, str], Any]) -> dict[str, Any]:
    """The pods' specifications: of Ray's head, of its workers, of the server."""
    cluster = found["RayCluster", "mti-ray"]["spec"]
    (workers,) = cluster["workerGroupSpecs"]
    return {
        "head": cluster["headGroupSpec"]["template"],
        "worker": workers["template"],
        "server": found["Deployment", "mti-server"]["spec"]["template"],
    }


def options(found: dict[tuple[str, str], Any]) -> Any:
    """What the server is started with, as it reads it itself."""
    (container,) = pods(found)["server"]["spec"]["containers"]
    return _parser().parse_args(["run", *container["args"]])


def test_the_cluster_wants_a_token_and_the_server_has_it(found: dict[tuple[str, str], Any]) -> None:
    cluster, given = found["RayCluster", "mti-ray"], options(found)
    assert cluster["apiVersion"] == "ray.io/v1"
    assert cluster["spec"]["authOptions"] == {"mode": "token"}
    version = cluster["spec"]["rayVersion"]
    assert tuple(map(int, version.split("."))) >= (2, 52, 0)  # the first with tokens
    for text in (MANIFEST.read_text(), (ROOT / "docs/server.md").read_text()):
        assert f"ray[default]=={version}" in text
    assert given.ray == "http://mti-ray-head-svc:8265"
    (mount,) = (
        each
        for each in pods(found)["server"]["spec"]["containers"][0]["volumeMounts"]
        if each["name"] == "ray-token"
    )
    assert given.ray_token == Path(mount["mountPath"]) / "auth_token"
    volumes = {each["name"]: each for each in pods(found)["server"]["spec"]["volumes"]}
    assert volumes["ray-token"]["secret"]["secretName"] == cluster["metadata"]["name"]


def test_jobs_run_on_workers_with_gpus_and_there_is_a_slot_for_each(
    found: dict[tuple[str, str], Any],
) -> None:
    cluster, given = found["RayCluster", "mti-ray"]["spec"], options(found)
    (workers,) = cluster["workerGroupSpecs"]
    gpus = []
    for kind in ("requests", "limits"):
        resources = pods(found)["worker"]["spec"]["containers"][0]["resources"][kind]
        gpus.append(int(resources["nvidia.com/gpu"]))
    assert gpus == [given.ray_gpus] * 2 and given.ray_gpus > 0
    assert workers["replicas"] == workers["maxReplicas"] == given.ray_slots
    start = cluster["headGroupSpec"]["rayStartParams"]
    assert (start["num-cpus"], start["num-gpus"]) == ("0", "0")
    head = pods(found)["head"]["spec"]["containers"][0]["resources"]
    assert "nvidia.com/gpu" not in head["limits"]


def test_nobody_reaches_ray_but_itself_and_the_server(found: dict[tuple[str, str], Any]) -> None:
    for kind, name in found:
        assert kind != "Ingress", name
    services = [each for (kind, _), each in found.items() if kind == "Service"]
    assert [each["spec"]["selector"] for each in services] == [{"app": "mti-server"}]
    assert found["RayCluster", "mti-ray"]["spec"]["headGroupSpec"]["serviceType"] == "ClusterIP"
    labels = {name: pod["metadata"]["labels"]["app"] for name, pod in pods(found).items()}
    assert labels == {"head": "mti-ray", "worker": "mti-ray", "server": "mti-server"}
    policy = found["NetworkPolicy", "mti-ray"]["spec"]
    assert policy["podSelector"] == {"matchLabels": {"app": "mti-ray"}}
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    sources = [each["from"] for each in policy["ingress"]]
    assert sources == [
        [{"podSelector": {"matchLabels": {"app": name}}}] for name in ("mti-ray", "mti-server")
    ]
    assert [port["port"] for port in policy["ingress"][1]["ports"]] == [8265]
    assert all(each.get("to") for each in policy["egress"])  # no "to" would be everywhere
    own = found["NetworkPolicy", "mti-server"]["spec"]["ingress"]
    assert own == [{"ports": [{"protocol": "TCP", "port": 8486}]}]


def test_all_have_the_same_image_and_paths_and_few_rights(
    found: dict[tuple[str, str], Any],
) -> None:
    images, claims = set(), set()
    for pod in pods(found).values():
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] == 8486
        for each in [*spec["containers"], *spec.get("initContainers", ())]:
            images.add(each["image"])
            assert each["securityContext"]["allowPrivilegeEscalation"] is False
            assert each["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            places = {m["name"]: m["mountPath"] for m in each["volumeMounts"]}
            assert places["share"] == "/share" and places.get("models", "/models") == "/models"
        named = (v.get("persistentVolumeClaim", {}).get("claimName") for v in spec["volumes"])
        claims |= set(filter(None, named))
    assert len(images) == 1
    assert {("PersistentVolumeClaim", name) for name in claims} <= set(found)
    assert not any(m["name"] == "store" for m in _mounts(found, "worker"))
    server = found["Deployment", "mti-server"]["spec"]
    assert (server["replicas"], server["strategy"]) == (1, {"type": "Recreate"})
    assert "--uid 8486" in (ROOT / "deployment/Containerfile").read_text()


def test_a_server_works_in_folders_that_are_linked_so(
    found: dict[tuple[str, str], Any], data: Path, tmp_path: Path
) -> None:
    """The init container's own command, in a folder of this machine."""
    (init,) = pods(found)["server"]["spec"]["initContainers"]
    (script,) = init["args"]
    share = tmp_path / "share"
    data.mkdir(mode=0o700)
    script = script.replace("/share/", f"{share}/").replace("/data/", f"{data}/")
    for _ in range(2):  # it is run again at every start
        subprocess.run([*init["command"], script], check=True)
    with running(data) as server:
        client = Client(server.port, invited(data, "anna"))
        job = client.submit("finish")["id"]
        assert client.wait(job)["state"] == "done"
        assert (share / "jobs" / job / "output" / "manifest.json").is_file()
        assert (data / "jobs").is_symlink() and (data / "spool").is_symlink()
        client.close()


def _mounts(found: dict[tuple[str, str], Any], pod: str) -> list[Any]:
    mounts: list[Any] = pods(found)[pod]["spec"]["containers"][0]["volumeMounts"]
    return mounts
