"""The files around a project's code: each is what the tool that reads it takes, and does what it says."""

import fcntl
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import sysconfig
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from projects import (
    ROOT,
    TIDY,
    clean_environment,
    commit_all,
    make,
    remove_data,
    run,
    serves,
    until,
)
from workflows import install_scaffold

AROUND = {"devcontainer": True, "pre_commit": True, "renovate": True}
SERVED = {"database": "postgresql", "cache": "redis"}
SCRIPTS = Path(sysconfig.get_path("scripts"))
SCHEMAS = {
    ".github/workflows/ci.yml": "vendor.github-workflows",
    ".github/workflows/weekly.yml": "vendor.github-workflows",
    "renovate.json": "vendor.renovate",
}


@pytest.fixture(scope="module")
def project(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """Return a project with all files around it, and two servers."""
    project = make(template, tmp_path_factory.mktemp("around") / "around", **AROUND, **SERVED)
    yield project
    remove_data(project)


@pytest.fixture(scope="module")
def small(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with all files around it, and no resource."""
    answers = {"database": "none", "cache": "none", "clients": "none"}
    return commit_all(make(template, tmp_path_factory.mktemp("around") / "small", **AROUND, **answers))


def test_schemas_know_them(project: Path, small: Path) -> None:
    """GitHub's, and Renovate's."""
    for folder in (project, small):
        for path, schema in SCHEMAS.items():
            ended = run(folder, "check_jsonschema", "--builtin-schema", schema, path)
            assert ended.returncode == 0, ended.stdout


def test_nothing_is_to_be_said_of_the_safety_of_workflows(project: Path, tmp_path: Path) -> None:
    """Actions are named by their major version; Renovate, where it is chosen, makes that a hash."""
    (tmp_path / "zizmor.yml").write_text('rules: {unpinned-uses: {config: {policies: {"*": ref-pin}}}}')
    command = [str(SCRIPTS / "zizmor"), "--offline", "--no-progress", "--config", str(tmp_path / "zizmor.yml"), "."]
    ended = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
    assert "No findings to report" in ended.stdout


def step(project: Path, name: str, folder: Path, after: str = "") -> int:
    """Run a step of the workflow, and a line more, as GitHub does: it waits for nothing that is left running."""
    jobs = yaml.safe_load((project / ".github/workflows/ci.yml").read_text())["jobs"]
    [found] = [each for job in jobs.values() for each in job["steps"] if each.get("name") == name]
    path = os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    with (folder / "said").open("w") as said:
        return subprocess.run(
            ["bash", "-e", "-c", f"{found['run']}\n{after}"],
            cwd=project,
            timeout=100,
            env={**clean_environment(), **TIDY, "PATH": path, "PYTHONPATH": "src:tests"},
            stdout=said,
            stderr=said,
            check=False,
        ).returncode


@pytest.fixture(scope="module")
def servers(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """Start the servers as the workflow does; returns where the steps have their commands."""
    folder = tmp_path_factory.mktemp("steps")
    install_scaffold(folder)
    assert step(project, "Start the servers", folder, "echo $! >begun") == 0, (folder / "said").read_text()
    urls = re.findall(r"_URL=(.*)", (project / ".env").read_text())
    assert all(map(serves, urls))
    yield folder
    os.kill(int((project / "begun").read_text()), signal.SIGTERM)
    with (project / ".data/lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # which they hold as long as they run
    assert not any(map(serves, urls))


def test_the_workflow_traces_with_its_own_servers(project: Path, servers: Path) -> None:
    """A finding would end it red."""
    code = step(project, "Trace", servers)
    said = (servers / "said").read_text()
    assert code == 0, said
    assert "GET /notes → 200: no findings" in said


@contextmanager
def serving(project: Path, folder: Path) -> Generator[str]:
    """Serve with the settings that stand in a folder, as the image does; lends the address."""
    command = json.loads(re.findall(r"^CMD (.*)$", (project / "Dockerfile").read_text(), re.MULTILINE)[-1])
    log = folder / "served.log"
    with log.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, "--port", "0"],
            cwd=folder,
            env={**clean_environment(), **TIDY, "PYTHONPATH": str(project / "src")},
            stderr=said,
        )
    try:
        until(lambda: "running on http" in log.read_text() or process.poll() is not None, 30)
        [port] = re.findall(r"running on http://\S+:(\d+)", log.read_text())
        yield f"http://localhost:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) in (0, -signal.SIGTERM)


def test_the_example_of_settings_starts_it_when_copied(project: Path, servers: Path, tmp_path: Path) -> None:
    """Only where the servers are stands in it otherwise; what asks for the image's health finds it well."""
    here = dict(line.split("=", 1) for line in (project / ".env").read_text().splitlines())
    settings = (project / ".env.example").read_text()
    for name, value in here.items():
        settings, replaced = re.subn(rf"(?m)^{name}=.*$", f"{name}={value}", settings)
        assert replaced == 1
    (tmp_path / ".env").write_text(settings)
    with serving(project, tmp_path) as url:
        request = urllib.request.Request(f"{url}/notes", b'{"title": "a"}', {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            assert answer.status == 201
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
            assert json.load(answer)["status"] == "ok"
        health = re.findall(r"^ +CMD (.*)$", (project / "Dockerfile").read_text(), re.MULTILINE)
        code = json.loads(health[0])[2]
        asked = [sys.executable, "-c", code.replace("8000", url.rpartition(":")[2])]
        assert code != asked[2]
        assert subprocess.run(asked, check=False).returncode == 0
    assert subprocess.run(asked, capture_output=True, check=False).returncode == 1


def test_a_container_reaches_what_this_machine_serves(project: Path) -> None:
    """By another name than localhost, which would be the container itself."""
    app = yaml.safe_load((project / "compose.yaml").read_text())["services"]["app"]
    [line] = [line for line in (project / ".env.example").read_text().splitlines() if "_BASE_URL=" in line]
    name, _, url = line.partition("=")
    assert app["environment"][name] == url.replace("localhost", "host.docker.internal") != url
    assert app["extra_hosts"] == ["host.docker.internal:host-gateway"]


def test_the_compose_file_has_what_was_chosen(project: Path) -> None:
    """The servers, with what says that they are ready, as the tests have them; and the application, if it is named."""
    services = yaml.safe_load((project / "compose.yaml").read_text())["services"]
    assert services.keys() == {"app", "cache", "database"}
    assert services["app"]["profiles"] == ["app"]
    assert services["app"]["depends_on"].keys() == {"cache", "database"}
    assert all("healthcheck" in service for name, service in services.items() if name != "app")
    initdb = services["database"]["environment"]["POSTGRES_INITDB_ARGS"].split()
    of_tests = (project / "tests/postgresql_server.py").read_text()
    assert initdb
    assert all(argument in of_tests for argument in initdb)
    known = re.findall(r"^(?:# )?(\w+)=", (project / ".env.example").read_text(), re.MULTILINE)
    assert {*services["app"]["environment"]} <= {*known}


def test_two_of_a_kind_do_not_listen_at_one_port(template: Path, tmp_path: Path) -> None:
    """A resource keeps its port, whatever comes beside it; the example of settings names the same one."""
    ports: dict[str, set[str]] = {}
    for names in (["database", "reports"], ["alpha", "database", "reports"]):
        resources = {name: {"kind": "postgresql"} for name in names}
        made = make(template, tmp_path / f"p{len(names)}", resources=resources)
        settings = dict(re.findall(r"^(\w+_URL)=(.*)$", (made / ".env.example").read_text(), re.MULTILINE))
        services = yaml.safe_load((made / "compose.yaml").read_text())["services"]
        for name in names:
            [published] = re.findall(r":-(\d+)\}", services[name]["ports"][0])
            ports.setdefault(name, set()).add(published)
            address = settings[f"{name.upper()}_URL"]
            assert (re.findall(r"localhost:(\d+)/", address) or ["5432"]) == [published]
    assert all(len(each) == 1 for each in ports.values())
    assert len(set.union(*ports.values())) == 3


def test_before_a_commit_the_tools_run(small: Path, bench: Path) -> None:
    """They find nothing in a new project; what can be mended is, and the hook ends red."""
    programs = small / ".venv/bin"
    programs.mkdir(parents=True)
    for name in ("ruff", "mypy"):
        (programs / name).symlink_to(SCRIPTS / name)
    environment = {"PRE_COMMIT_HOME": str(bench / "pre-commit"), "MYPY_CACHE_DIR": str(bench / "cache")}
    assert run(small, "pre_commit", "validate-config").returncode == 0
    every = run(small, "pre_commit", "run", "--all-files", **environment)
    assert every.returncode == 0, every.stdout
    assert every.stdout.count("Passed") == 3
    module = small / "src/small/settings.py"
    module.write_text(module.read_text().replace("from typing", "import os\nfrom typing"))
    one = run(small, "pre_commit", "run", "ruff-check", "--files", str(module), **environment)
    assert (one.returncode, "files were modified by this hook" in one.stdout) == (1, True)
    assert "import os" not in module.read_text()


def test_the_container_to_develop_in_installs_what_the_readme_says(project: Path) -> None:
    """With the interpreter that the image has."""
    described = json.loads((project / ".devcontainer/devcontainer.json").read_text())
    command = described["postCreateCommand"]
    assert f"{command.partition(' && ')[2]} && .venv/bin/pytest" in (project / "README.md").read_text()
    version = described["image"].rpartition(":")[2]
    assert f"FROM python:{version}-slim" in (project / "Dockerfile").read_text()
    assert f'"{version}"]' in (project / ".github/workflows/ci.yml").read_text()


def test_what_installs_scaffold_is_where_this_repository_is(template: Path, tmp_path: Path) -> None:
    """Each workflow of a project and the address in pyproject.toml are the same."""
    project = make(template, tmp_path / "p")
    [address] = re.findall(r'^Repository = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    for name in ("ci", "weekly"):
        steps = [
            shlex.split(step["run"])
            for job in yaml.safe_load((project / f".github/workflows/{name}.yml").read_text())["jobs"].values()
            for step in job["steps"]
            if "pipx install" in step.get("run", "")
        ]
        assert steps == [["pipx", "install", f"git+{address}"]]
