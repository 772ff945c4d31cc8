# syntax=docker/dockerfile:1
# docker build -t relay .            See docs/deployment.md.
ARG PYTHON=3.11-slim-bookworm

FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY deploy/build.lock deploy/requirements.lock deploy/
RUN python -m venv /opt/relay \
 && /opt/relay/bin/pip install --no-compile --require-hashes -r deploy/requirements.lock \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --require-hashes -r deploy/build.lock
COPY pyproject.toml README.md LICENSE ./
COPY connectors connectors
COPY relay relay
COPY tests/connectors tests/connectors
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /opt/relay/bin/pip install --no-compile --no-deps --no-index /wheels/*.whl \
 && /opt/relay/bin/pip uninstall --yes pip setuptools \
 && /opt/relay/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/relay/lib

FROM python:${PYTHON}
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/relay --shell /usr/sbin/nologin relay
COPY --from=build /opt/relay /opt/relay
ENV PATH=/opt/relay/bin:$PATH \
    RELAY_CONFIG=/etc/relay/config.toml \
    RELAY_LOG__FORMAT=json \
    RELAY_SERVER__HOST=0.0.0.0 \
    RELAY_SERVER__PORT=8080 \
    RELAY_STORE__PATH=/var/lib/relay/relay.db
USER relay
WORKDIR /var/lib/relay
VOLUME /var/lib/relay
EXPOSE 8080
STOPSIGNAL SIGTERM
# Alive, not ready: some platforms restart what is unhealthy, and that heals no database.
HEALTHCHECK --interval=30s --timeout=10s --start-period=10s --retries=3 \
  CMD ["relay", "health", "--live", "--url", "http://127.0.0.1:8080"]
ENTRYPOINT ["relay"]
CMD ["serve"]
