"""The files that operators deploy name nothing that the relay does not have, and agree with its defaults."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml  # type: ignore[import-untyped]  # one file is read, with one call
from typer.testing import CliRunner

from relay.cli.main import app
from relay.cli.output import Exit
from relay.cli.wiring import IDLE_SECONDS
from relay.config.environment import overlay
from relay.config.load import load
from relay.config.models import Config, Server
from relay.web.app import make_app

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
NGINX = (DEPLOY / "nginx.conf").read_text("utf-8")
CADDY = (DEPLOY / "Caddyfile").read_text("utf-8")
PAGE = (ROOT / "docs" / "deployment.md").read_text("utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
FILES = {
    ("relay", "service"),
    ("relay", "socket"),
    ("compose", "yaml"),
    ("config", "toml"),
    ("nginx", "conf"),
}
SERVER = Server()
PORT = str(SERVER.port)
PATIENCE = 2 * SERVER.shutdown_grace.total_seconds() + SERVER.drain.total_seconds()


def instructions() -> list[tuple[str, str]]:
    """Of the Dockerfile: each word in capitals and what follows it, over continued lines."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE).replace("\\\n", " ")
    return [(word, rest) for line in text.splitlines() if line for word, _, rest in [line.partition(" ")]]


def given(word: str) -> list[str]:
    return [rest for name, rest in instructions() if name == word]


def image_environment() -> dict[str, str]:
    pairs = (pair.partition("=") for line in given("ENV") for pair in shlex.split(line))
    return {name: value for name, _, value in pairs}


def unit(name: str) -> dict[str, list[str]]:
    """The settings of a systemd unit, each as often as it stands there."""
    found = defaultdict(list)
    for line in (DEPLOY / name).read_text("utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found[key].append(value)
    return found


def seconds(text: str) -> float:
    number, of = re.fullmatch(r"(\d+)\s*(s|min)?", text).groups()  # type: ignore[union-attr]
    return int(number) * (60 if of == "min" else 1)


def exists(words: list[str]) -> None:
    """A command with these words is one of ours: its name, and each of its options."""
    assert words[0] == "relay", words
    options = [word for word in words if word.startswith("--")]
    path = []
    for word in words[1:]:
        if not re.fullmatch(r"[a-z-]+", word) or word.startswith("-"):
            break
        path.append(word)
    shown = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "200"}, prog_name="relay")
    assert shown.exit_code == 0, (words, shown.output)
    assert [one for one in options if one.partition("=")[0] not in shown.output] == [], words


def commands() -> Iterator[list[str]]:
    yield ["relay", *orjson.loads(given("CMD")[0])]
    yield orjson.loads(given("HEALTHCHECK")[0].partition("CMD ")[2])
    start = shlex.split(unit("relay.service")["ExecStart"][0])
    yield [Path(start[0]).name, *start[1:]]
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL):
        for line in re.findall(r"(?:^|&& |-u relay |exec relay )(relay [a-z][^|\n]*)", block, re.MULTILINE):
            yield shlex.split(line, comments=True)


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_every_command_that_is_named_exists(words: list[str]) -> None:
    exists(words)


def environments() -> Iterator[tuple[str, dict[str, str]]]:
    yield "Dockerfile", image_environment()
    yield "compose.yaml", COMPOSE["services"]["relay"]["environment"]


@pytest.mark.parametrize(("name", "environ"), list(environments()))
def test_every_variable_sets_a_key_of_the_configuration(name: str, environ: dict[str, str]) -> None:
    destination: dict[str, Any] = {"destinations": {"main": {"base_url": "https://api.example.com"}}}
    written = overlay(destination, environ)
    assert written.faults == ()
    assert written.origins or not environ
    Config.model_validate(written.data if name == "compose.yaml" else written.data | {"destinations": {}})


def test_every_key_that_the_page_names_exists() -> None:
    schema = Config.model_json_schema()
    named = set(re.findall(r"`([a-z]+)\.([a-z_]+)(?: = [^`]*)?`", PAGE))
    assert ("server", "drain") in named
    for section, key in named - FILES:
        definition = schema["properties"].get(section, {}).get("$ref", "").rpartition("/")[2]
        assert key in schema["$defs"][definition]["properties"], f"{section}.{key}"


def test_every_file_that_is_copied_or_named_is_there() -> None:
    copied = [path for line in given("COPY") if "--from" not in line for path in line.split()[:-1]]
    assert [path for path in copied if not (ROOT / path).exists()] == []
    named = set(re.findall(r"\.\./(deploy/[\w.]+|Dockerfile)", PAGE))
    unsaid = {f"deploy/{path.name}" for path in DEPLOY.iterdir()} - named
    assert unsaid == {"deploy/build.in", "deploy/build.lock"}
    assert [path for path in named if not (ROOT / path).exists()] == []
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    taken = [line[1:] for line in ignored if line.startswith("!")]
    assert [path for path in copied if not any(Path(path).match(one) for one in taken)] == []


def test_the_container_runs_as_nobody_special_and_says_where_it_listens_and_keeps_things() -> None:
    environ = image_environment()
    assert given("USER") == ["relay"]
    assert given("EXPOSE") == [environ["RELAY_SERVER__PORT"]] == [PORT]
    assert given("VOLUME") == given("WORKDIR")[-1:] == [str(Path(environ["RELAY_STORE__PATH"]).parent)]
    assert given("STOPSIGNAL") == ["SIGTERM"]
    assert f"http://127.0.0.1:{PORT}" in given("HEALTHCHECK")[0]
    assert environ["RELAY_SERVER__HOST"] == "0.0.0.0"


def test_what_a_container_installs_is_what_the_tests_ran_with() -> None:
    def hashes(path: Path) -> dict[str, list[str]]:
        entry = re.compile(r"^(\S+==[^\\]+)\\\n((?: +--hash=\S+(?: \\)?\n)+)", re.MULTILINE)
        entries = entry.findall(path.read_text("utf-8"))
        return {name.strip(): sorted(re.findall(r"sha256:\w+", lines)) for name, lines in entries}

    tested = hashes(ROOT / "requirements.lock")
    for name in ("requirements.lock", "build.lock"):
        deployed = hashes(DEPLOY / name)
        assert (
            len(deployed) == len(re.findall(r"^\S+==", (DEPLOY / name).read_text("utf-8"), re.MULTILINE)) > 4
        )
        assert deployed.items() <= tested.items()
    assert all("--require-hashes" in line for line in re.findall(r"pip install .* -r .*", DOCKERFILE))


def test_services_have_what_they_name_and_time_to_stop() -> None:
    services = COMPOSE["services"]
    assert set(COMPOSE) == {"name", "services", "volumes", "secrets"}
    for service in services.values():
        assert service["restart"] == "unless-stopped"
        assert seconds(service["stop_grace_period"]) > PATIENCE
        assert set(service["secrets"]) <= set(COMPOSE["secrets"])
        named = {mount.partition(":")[0] for mount in service["volumes"]}
        assert {one for one in named if not one.startswith(".")} <= set(COMPOSE["volumes"])
        for secret in re.findall(r"/run/secrets/([\w-]+)", str(service["environment"])):
            assert secret in service["secrets"]
    assert set(services["relay"]["depends_on"]) <= set(services)
    assert services["relay"]["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]
    environ = services["relay"]["environment"]
    assert services["relay"]["expose"] == [environ["RELAY_SERVER__METRICS_PORT"]]
    assert environ["RELAY_SERVER__METRICS_HOST"] == "0.0.0.0"
    assert services["database"]["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]
    assert services["relay"]["volumes"][0].split(":")[1] == image_environment()["RELAY_CONFIG"]


def test_the_configuration_of_the_compose_file_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    environ = image_environment() | COMPOSE["services"]["relay"]["environment"]
    config = load(tmp_path / "config.toml", environ)
    assert config.store.url is not None
    assert config.store.patience >= seconds("1min")


def test_the_unit_restarts_what_crashed_but_not_what_is_misconfigured_and_waits_for_its_end() -> None:
    service, socket = unit("relay.service"), unit("relay.socket")
    assert service["Type"] == ["notify"]
    assert service["Restart"] == ["always"]
    assert service["RestartPreventExitStatus"] == [str(int(Exit.USAGE))]
    assert seconds(service["TimeoutStopSec"][0]) > PATIENCE
    assert service["WorkingDirectory"] == [f"/var/lib/{service['StateDirectory'][0]}"]
    assert seconds(service["TimeoutStartSec"][0]) > seconds("1min")
    assert service["Requires"] == ["relay.socket"]
    assert socket["ListenStream"] == [f"127.0.0.1:{PORT}"]


def test_systemd_knows_every_setting_of_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    units = [str(DEPLOY / name) for name in ("relay.service", "relay.socket")]
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    ).stderr
    # What is installed here, a whole system or its binary, is another matter.
    assert re.findall(r"^.*(?:relay\.\w+:\d+:|[Uu]nknown|[Ff]ailed to parse).*$", said, re.MULTILINE) == []


@pytest.mark.parametrize("text", [NGINX, CADDY])
def test_proxies_send_to_the_relays_port_and_are_known_to_it(text: str) -> None:
    assert set(re.findall(r"127\.0\.0\.1:(\d+)", text)) == {PORT}
    (written,) = re.findall(r"server\.trusted_proxies = (\[.*\])", text)
    server = Server.model_validate({"trusted_proxies": orjson.loads(written)})
    assert list(map(str, server.trusted_proxies)) == ["127.0.0.1/32"]


def test_nginx_takes_what_the_relay_takes_and_sends_it_once() -> None:
    assert re.findall(r"client_max_body_size (\d+)m;", NGINX) == [str(SERVER.max_body // 1024**2)]
    assert "proxy_next_upstream off;" in NGINX
    (kept,) = re.findall(r"^ +keepalive_timeout (\d+)s;", NGINX, re.MULTILINE)
    assert int(kept) < IDLE_SECONDS
    assert "proxy_pass http://relay;" in NGINX
    assert NGINX.count("{") == NGINX.count("}")


def test_caddy_takes_no_less_than_the_relay_and_sends_a_post_once() -> None:
    (size,) = re.findall(r"max_size (\d+)MiB", CADDY)
    assert int(size) * 1024**2 > SERVER.max_body
    assert "lb_retry_match" not in CADDY
    (kept,) = re.findall(r"keepalive (\d+)s", CADDY)
    assert int(kept) < IDLE_SECONDS


def test_proxies_keep_to_themselves_every_probe_that_there_is() -> None:
    public = make_app(None, SERVER.max_body)
    probes = {route.resource.canonical for route in public.router.routes() if route.resource is not None}
    assert set(re.findall(r"location = (/\w+)", NGINX)) == probes
    assert set(re.findall(r"@probes path (.*)", CADDY)[0].split()) == probes
