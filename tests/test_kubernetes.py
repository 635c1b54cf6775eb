"""Manifests of projects: what Kubernetes takes, and what agrees with the image and the application."""

import json
import re
from collections.abc import Iterator
from configparser import ConfigParser
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import kubernetes_validate
import pytest
import yaml
from projects import make

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | bool | None"
# The oldest that README.md names, and the newest that is known.
VERSIONS = ("1.30", kubernetes_validate.latest_version())
FILES = {"deployment.yaml", "kustomization.yaml", "network-policy.yaml", "service.yaml", "settings.env"}
SHARED = {"disruption-budget.yaml"}


@dataclass
class Wanted:
    """Answers, and what they make."""

    answers: dict[str, object]
    files: set[str]
    ports: set[int]
    settings: set[str]
    secrets: set[str] = field(default_factory=set)


WANTED = {
    "default": Wanted({}, {"storage.yaml"}, {8080}, {"UPSTREAM_BASE_URL"}),
    "servers": Wanted(
        {"database": "postgresql", "cache": "redis", "project_name": "On", "telemetry": True, "metrics": True},
        {*SHARED, "migrate.yaml"},
        {4318, 5432, 6379, 8080},
        {"DATABASE_MIGRATE", "OTEL_SERVICE_NAME", "UPSTREAM_BASE_URL"},
        {"CACHE_URL", "DATABASE_URL"},
    ),
    "databases": Wanted(
        {
            "package_name": "p23456789_123456789_123456789_123456789p",
            "resources": {
                "a23456789_123456789_1234": {"kind": "postgresql"},
                "y": {"kind": "postgresql"},
                "tax_rates": {"kind": "http", "base_url": "https://rates.example/v1"},
                "mail": {"kind": "http", "base_url": "http://mail.example"},
            },
        },
        {*SHARED, "migrate.yaml"},
        {80, 443, 5432},
        {"A23456789_123456789_1234_MIGRATE", "MAIL_BASE_URL", "TAX_RATES_BASE_URL", "Y_MIGRATE"},
        {"A23456789_123456789_1234_URL", "Y_URL"},
    ),
    "memory": Wanted(
        {"database": "postgresql", "clients": "none"},
        {"migrate.yaml"},
        {5432},
        {"DATABASE_MIGRATE"},
        {"DATABASE_URL"},
    ),
    "nothing": Wanted({"database": "none", "cache": "none", "clients": "none"}, SHARED, set(), set()),
}


class Project:
    """A project with manifests."""

    def __init__(self, folder: Path, wanted: Wanted) -> None:
        self.folder = folder
        self.wanted = wanted
        self.dockerfile = (folder / "Dockerfile").read_text()
        self.readme = (folder / "README.md").read_text()
        self.manifests: list[Json] = []
        for path in sorted((folder / "kubernetes").glob("*.yaml")):
            if path.name != "kustomization.yaml":
                self.manifests += yaml.safe_load_all(path.read_text())
        self.kustomization: Json = yaml.safe_load((folder / "kubernetes/kustomization.yaml").read_text())

    def one(self, kind: str) -> Json:
        """Return the manifest of a kind."""
        [found] = self.all(kind)
        return found

    def all(self, kind: str) -> list[Json]:
        """Return the manifests of a kind."""
        return [manifest for manifest in self.manifests if at(manifest, "kind") == kind]

    def pods(self) -> list[Json]:
        """Return what is said of pods, with their labels."""
        return [at(each, "spec", "template") for each in self.all("Deployment") + self.all("Job")]


def at(value: Json, *keys: str | int) -> Json:
    """Return what stands in a manifest at a place."""
    for key in keys:
        if isinstance(key, int):
            assert isinstance(value, list)
            value = value[key]
        else:
            assert isinstance(value, dict)
            value = value[key]
    return value


def walk(value: Json) -> Iterator[tuple[str, Json]]:
    """Yield every key, with what stands there."""
    for key, inside in value.items() if isinstance(value, dict) else ():
        yield key, inside
        yield from walk(inside)
    for inside in value if isinstance(value, list) else ():
        yield from walk(inside)


def every(value: Json, key: str) -> list[Json]:
    """Return what stands at a key, wherever that is."""
    return [inside for name, inside in walk(value) if name == key]


@pytest.fixture(scope="session", params=WANTED)
def project(request: pytest.FixtureRequest, template: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project with manifests."""
    wanted = WANTED[request.param]
    folder = tmp_path_factory.mktemp("kubernetes") / str(request.param)
    return Project(make(template, folder, kubernetes=True, **wanted.answers), wanted)


def test_kubernetes_takes_them(project: Project) -> None:
    """Nothing is in them that it would drop; names are such as it has."""
    for manifest in project.manifests:
        for version in VERSIONS:
            kubernetes_validate.validate(manifest, version, strict=True)
    for name in every(project.manifests, "name"):
        assert isinstance(name, str)
        assert re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?|[A-Z0-9_]+|Host", name), name
    # YAML as kubectl reads it has more words for yes and no than here.
    for path in (project.folder / "kubernetes").glob("*.yaml"):
        assert not re.search(r"^[^#]*[:,\[-] (y|n|yes|no|on|off)[],\n]", path.read_text(), re.MULTILINE), path


def test_there_is_what_the_resources_need(project: Project) -> None:
    """Files, open ports, settings; two processes only where nothing stands in the way."""
    folder = project.folder / "kubernetes"
    found = {path.name for path in folder.iterdir()}
    assert found == FILES | project.wanted.files
    listed = at(project.kustomization, "resources")
    assert isinstance(listed, list)
    assert {*map(str, listed)} == found - {"kustomization.yaml", "settings.env"}
    policies = project.all("NetworkPolicy")
    assert {*every(at(policies[0], "spec", "egress"), "port")} == {53} | project.wanted.ports
    assert {*every(at(policies[-1], "spec", "egress"), "port")} <= {53, 5432} | project.wanted.ports
    settings = re.findall(r"^([A-Z0-9_]+)=", (folder / "settings.env").read_text(), re.MULTILINE)
    assert {*settings} == project.wanted.settings
    listed_there = re.findall(r"^(?:# )?([A-Z0-9_]+)=", (project.folder / ".env.example").read_text(), re.MULTILINE)
    assert {*settings} - {"OTEL_SERVICE_NAME"} | project.wanted.secrets <= {*listed_there}
    replicas, strategy = (at(project.one("Deployment"), "spec", key) for key in ("replicas", "strategy"))
    shared = project.wanted.files >= SHARED
    assert (replicas, at(strategy, "type")) == ((2, "RollingUpdate") if shared else (1, "Recreate"))
    assert ("topologySpreadConstraints" in dict(walk(project.one("Deployment")))) == shared


def test_what_they_name_is_there(project: Project) -> None:
    """Settings, the Secret that README.md makes, images, volumes; each selector finds its own pods only."""
    [generated] = every(project.kustomization, "configMapGenerator")
    assert every(project.manifests, "configMapRef") == [{"name": at(generated, 0, "name")}]
    assert at(generated, 0, "envs") == ["settings.env"]
    secrets = {at(each, "name") for key in ("secretRef", "secretKeyRef") for each in every(project.manifests, key)}
    assert secrets == {*re.findall(r"kubectl create secret generic (\S+) ", project.readme)}
    assert bool(secrets) == bool(project.wanted.secrets)
    assert {*re.findall(r"`(\w+_URL)=…`", project.readme)} == project.wanted.secrets
    keys = {at(each, "key") for each in every(project.manifests, "secretKeyRef")}
    assert keys <= project.wanted.secrets
    assert {*every(project.manifests, "image")} == {at(project.kustomization, "images", 0, "name")}
    claims = every(project.manifests, "claimName")
    assert claims == [at(each, "metadata", "name") for each in project.all("PersistentVolumeClaim")]
    labels = [at(pod, "metadata", "labels") for pod in project.pods()]
    assert all(labels.count(each) == 1 for each in labels)
    wanted = {"Deployment": 0, "Service": 0, "PodDisruptionBudget": 0}
    selectors = [(kind, at(each, "spec", "selector")) for kind in wanted for each in project.all(kind)]
    for kind, selector in selectors:
        assert (selector if kind == "Service" else at(selector, "matchLabels")) == labels[wanted[kind]]
    assert [at(each, "spec", "podSelector", "matchLabels") for each in project.all("NetworkPolicy")] == labels
    assert all(selector in labels for selector in every(project.manifests, "matchLabels"))
    assert {at(each, "metadata", "labels", "app.kubernetes.io/name") for each in project.manifests} == {
        at(project.one("Deployment"), "metadata", "name")
    }


def test_they_agree_with_the_image(project: Project) -> None:
    """Its port, its user, its folders, how long it takes to end."""
    pod = at(project.one("Deployment"), "spec", "template", "spec")
    container = at(pod, "containers", 0)
    [port] = re.findall(r"^EXPOSE (\d+)$", project.dockerfile, re.MULTILINE)
    assert at(container, "ports") == [{"name": "http", "containerPort": int(port)}]
    assert at(project.one("Service"), "spec", "ports", 0, "targetPort") == "http"
    assert every(at(project.all("NetworkPolicy")[0], "spec", "ingress"), "port") == [int(port)]
    health = next((project.folder / "src").glob("*/routes/health.py")).read_text()
    routes = re.findall(r'@router\.get\("(/\w+)"', health)
    probes = [at(container, f"{name}Probe", "httpGet") for name in ("startup", "liveness", "readiness")]
    assert [at(probe, "path") for probe in probes] == [routes[0], *routes] == ["/livez", "/livez", "/readyz"]
    for probe in probes:
        assert (at(probe, "port"), at(probe, "httpHeaders")) == ("http", [{"name": "Host", "value": "localhost"}])
    user = re.findall(r"^USER (\d+)$|--uid (\d+) ", project.dockerfile, re.MULTILINE)
    assert {at(each, "spec", "securityContext", "runAsUser") for each in project.pods()} == {
        int(number) for pair in user for number in pair if number
    }
    data = re.findall(r"^WORKDIR (\S+)$", project.dockerfile, re.MULTILINE)[-1]
    assert {*every(container, "mountPath")} == {"/tmp", *([data] if "storage.yaml" in project.wanted.files else [])}


def test_a_pod_has_the_time_that_it_takes_to_end(project: Project) -> None:
    """Before it is killed: to be forgotten, for requests, and to close everything."""
    pod = at(project.one("Deployment"), "spec", "template", "spec")
    [close] = re.findall(r"^# APP_CLOSE_TIMEOUT=(\d+)$", (project.folder / ".env.example").read_text(), re.MULTILINE)
    [command] = re.findall(r"^CMD (.*)$", project.dockerfile, re.MULTILINE)
    graceful = dict(zip(json.loads(command), json.loads(command)[1:], strict=False))["--timeout-graceful-shutdown"]
    [forgotten] = every(at(pod, "containers", 0, "lifecycle", "preStop"), "seconds")
    resources = yaml.safe_load((project.folder / ".copier-answers.yml").read_text())["resources"]
    needed = int(str(forgotten)) + int(graceful) + int(close) * (1 + len(resources))
    assert needed < int(str(at(pod, "terminationGracePeriodSeconds"))) <= needed + 2


def test_they_have_no_rights_that_they_do_not_need(project: Project) -> None:
    """The profile "restricted" of Kubernetes' Pod Security Standards, a file system to read, no token, no variables."""
    for pod in project.pods():
        said = at(pod, "spec")
        assert at(said, "securityContext", "runAsNonRoot") is True
        assert at(said, "securityContext", "seccompProfile", "type") == "RuntimeDefault"
        assert (at(said, "automountServiceAccountToken"), at(said, "enableServiceLinks")) == (False, False)
        containers = at(said, "containers")
        assert isinstance(containers, list)
        for container in containers:
            assert at(container, "securityContext") == {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": True,
            }
            assert at(container, "resources", "limits", "memory")
            assert at(container, "resources", "requests", "memory")


def test_each_database_of_a_server_is_migrated_by_the_job(project: Project) -> None:
    """With a section of alembic.ini that the image has; nothing waits longer for a lock than requests do."""
    wanted = {name.removesuffix("_MIGRATE").lower() for name in project.wanted.settings if name.endswith("_MIGRATE")}
    commands = every(project.all("Job"), "command")
    assert commands == [["alembic", "-n", name, "upgrade", "heads"] for name in sorted(wanted)]
    if not wanted:
        return
    sections = ConfigParser(interpolation=None)
    sections.read(project.folder / "alembic.ini")
    assert wanted <= {*sections}
    folder = re.findall(r"^WORKDIR (\S+)$", project.dockerfile, re.MULTILINE)[0]
    assert f"ENV ALEMBIC_CONFIG={folder}/alembic.ini\n" in project.dockerfile
    assert re.search(r"^COPY .*\balembic.ini\b.* \./$", project.dockerfile, re.MULTILINE)
    environment = every(project.all("Job"), "env")
    patience = re.findall(r"_COMMAND_TIMEOUT=(\d+)$", (project.folder / ".env.example").read_text(), re.MULTILINE)
    for name, given in zip(sorted(wanted), environment, strict=True):
        key = f"{name.upper()}_URL"
        assert at(given, 0, "name") == at(given, 0, "valueFrom", "secretKeyRef", "key") == key
        assert at(given, 1, "name") == f"{name.upper()}_MIGRATE_TIMEOUT"
        assert int(str(at(given, 1, "value"))) < min(map(int, patience))
    job = at(project.one("Job"), "metadata", "name")
    assert {*re.findall(r"job[/ ](\S+-migrations)", project.readme)} == {job}
    [selector] = re.findall(r"-l (\S+)=(\S+) &&$", project.readme, re.MULTILINE)
    labelled = [each for each in project.manifests if at(each, "metadata", "labels", selector[0]) == selector[1]]
    assert {at(each, "kind") for each in labelled} == {"Job", "NetworkPolicy"}
