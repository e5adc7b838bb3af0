# docker build -t lynkr .                           the proxy: no shell, no root, nothing to write to but /data
# docker build -t lynkr:sandbox --target sandbox .  the same with a docker client; read the warning at that target
#
# BUILDER has Bun, BASE has a C library and root certificates, DOCKER_CLI a docker client at /usr/local/bin/docker: each
# can be an image of your own where these cannot be pulled.
ARG BUILDER=oven/bun:1.4.5
ARG BASE=gcr.io/distroless/base-debian12:nonroot
ARG DOCKER_CLI=docker:28-cli

FROM ${BUILDER} AS builder
WORKDIR /src
COPY package.json bun.lock bunfig.toml ./
RUN bun install --frozen-lockfile --production --ignore-scripts
COPY scripts scripts
COPY src src
# A checkout's commit is not in the build context: --build-arg COMMIT=$(git rev-parse --short=12 HEAD)
ARG COMMIT=unknown
RUN LYNKR_COMMIT=${COMMIT} bun scripts/build.ts && mkdir /data

FROM ${BASE} AS lynkr
COPY --from=builder /src/dist/lynkr /usr/bin/lynkr
COPY --from=builder --chown=65532:65532 /data /data
ENV HOST=0.0.0.0 PORT=8080 LYNKR_DATA_DIR=/data
USER 65532:65532
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=5s --retries=3 CMD ["/usr/bin/lynkr", "healthcheck"]
ENTRYPOINT ["/usr/bin/lynkr"]
CMD ["serve"]

FROM ${DOCKER_CLI} AS docker-cli

# WARNING: whoever may use a docker socket is root on its machine. Mount one only where lynkr's commands are wanted, and
# better give it an engine of its own: DOCKER_HOST=tcp://… with TLS, or a rootless engine's socket.
FROM lynkr AS sandbox
COPY --from=docker-cli /usr/local/bin/docker /usr/bin/docker
LABEL lynkr.warning="a docker socket mounted into this container makes it root on the host; see docs/deploy-docker.md"

# What a build without a target ends in.
FROM lynkr
