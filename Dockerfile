# loopcheck in a container: the GitHub action (action.yml), and the command line for whoever has no Python.
#
# The digest is that of python:3.13.15-slim, as public repositories pin it (docs/decisions/0009-image.md). Debian's
# own packages follow the base image: a security update of git comes with the next build.
FROM python:3.13.15-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b AS base

FROM base AS build
WORKDIR /build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
COPY requirements/runtime.txt requirements/build.txt requirements/
# Wheels only, each held to the hashes of the lock file: nothing that is installed runs code of its own here.
RUN python -m venv --without-pip /opt/loopcheck \
    && pip --python /opt/loopcheck/bin/python install --no-compile --require-hashes --only-binary :all: \
        -r requirements/runtime.txt \
    && python -m venv --without-pip /opt/build \
    && pip --python /opt/build/bin/python install --require-hashes --only-binary :all: -r requirements/build.txt
COPY docker/prune_datadog.py docker/
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY checks checks
RUN pip --python /opt/build/bin/python wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && pip --python /opt/loopcheck/bin/python install --no-compile --no-deps --no-index dist/*.whl \
    && python docker/prune_datadog.py /opt/loopcheck \
    # The grammar of Terraform's language is compiled when it is first used, and kept beside the package.
    && /opt/loopcheck/bin/python -c 'import hcl2; hcl2.loads("a = 1\n")' \
    # Compiled once and here, or every run would do it again. Nothing changes the files, so nothing is checked.
    && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/loopcheck/lib

FROM base
LABEL org.opencontainers.image.title="loopcheck" \
      org.opencontainers.image.description="Verifies that the artifacts promised by post-mortem action items exist, are in force, and stay so." \
      org.opencontainers.image.licenses="Apache-2.0"
# git reads the repository. The base image comes without compiled files of Python's own modules.
# hadolint ignore=DL3008
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends git \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log \
    && python -m compileall -q -j 0 -x '/(test|tests|idlelib|tkinter|ensurepip|pydoc_data|site-packages|dist-packages)/' \
        "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
COPY --from=build /opt/loopcheck /opt/loopcheck
ENV PATH=/opt/loopcheck/bin:$PATH
# Not the checkout. With -I, Python imports nothing from the folder it is run in either.
WORKDIR /var/empty
# No USER: GitHub runs an action's container as root, and mounts files that only root may write to. The action
# opens those and goes on as the owner of the checkout (loopcheck.runner.drop_privileges). The command line
# needs no root: run it with `--user "$(id -u)"`.
ENTRYPOINT ["/opt/loopcheck/bin/python", "-I", "-m", "loopcheck"]
CMD ["--help"]
