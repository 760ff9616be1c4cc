# botus in a container. Three targets:
#   docker build -t botus .                               the poster (`post`): no model, no compiler
#   docker build -t botus-generate --target generate .    with CTranslate2 and the demo model, to refill the queue
#   docker build -t botus-web --target web .              the page, for a browser; beside the poster, on the same volume;
#                                                         `serve` answers strangers, in Discord with EXTRAS=discord
# All run as any user, on a read-only root, and write to /app/data only.
# PYTHON_IMAGE is any image with Python 3.11 or newer, its `venv` module and pip.
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim-trixie

FROM ${PYTHON_IMAGE} AS build
# More extras of setup.cfg, separated by commas.
ARG EXTRAS=
WORKDIR /src
COPY . .
# A virtual environment does not care where the base keeps its packages, nor which Python it has.
RUN python -m venv --without-pip /opt/botus \
 && pip --python /opt/botus/bin/python install --no-cache-dir --no-compile --disable-pip-version-check \
    --root-user-action ignore ".${EXTRAS:+[$EXTRAS]}" \
 && find /opt/botus/lib -type d \( -name tests -o -name test -o -name __pycache__ \) -prune -exec rm -rf {} + \
 && rm -rf /opt/botus/include /opt/botus/bin/[Aa]ctivate*

FROM build AS build-post
# What generates stays behind: the demo's model and text. So does what was compiled for one kind of processor
# only; every such file has its Python beside it.
RUN find /opt/botus/lib \( -path '*/botus/demo/*' ! -name __init__.py -o -name '*.so' -o -name '*.so.*' \) -delete
# Compiled once here and not at every start and every look at its health; what the base lets them import too,
# because official images hold Python's own modules as text only.
ENV PYTHONPYCACHEPREFIX=/opt/botus/compiled
RUN /opt/botus/bin/python -m compileall -q /opt/botus/lib/python*/site-packages/botus \
 && /opt/botus/bin/python -P -c 'import botus.cli.main, botus.schedule.process, botus.monitoring.health, croniter, dotenv.parser, filelock, mastodon, tweepy'

FROM build AS build-generate
ARG EXTRAS=
RUN pip --python /opt/botus/bin/python install --no-cache-dir --no-compile --disable-pip-version-check \
    --root-user-action ignore ".[generate${EXTRAS:+,$EXTRAS}]"

FROM build AS build-web
ARG EXTRAS=
RUN pip --python /opt/botus/bin/python install --no-cache-dir --no-compile --disable-pip-version-check \
    --root-user-action ignore ".[web${EXTRAS:+,$EXTRAS}]" \
 && find /opt/botus/lib \( -path '*/botus/demo/*' ! -name __init__.py -o -name '*.so' -o -name '*.so.*' \) \
    ! -path '*/nacl/*' ! -name '_cffi_backend*' -delete

FROM ${PYTHON_IMAGE} AS base
# Must be what botus/__init__.py says.
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="botus" \
      org.opencontainers.image.description="Posts one reviewed line at a time, on a schedule, and never twice" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="MIT"
ENV PATH="/opt/botus/bin:${PATH}" \
    BOTUS_DATA=/app/data \
    PYTHONPYCACHEPREFIX=/opt/botus/compiled \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# Open to every user: nobody knows here which one `--user` will name. A bind mount keeps its own mode.
RUN mkdir -p /app/data && chmod 0777 /app/data
WORKDIR /app
VOLUME /app/data
USER 1000:1000
STOPSIGNAL SIGTERM
ENTRYPOINT ["botus"]

FROM base AS generate
COPY --from=build-generate /opt/botus /opt/botus
CMD ["generate"]

FROM base AS web
COPY --from=build-web /opt/botus /opt/botus
EXPOSE 8017 8018
CMD ["web", "--host", "0.0.0.0"]

# The last stage is what is built without --target.
FROM base AS post
COPY --from=build-post /opt/botus /opt/botus
# glibc gives back at once what compiling the modules at start took: a megabyte or two less in memory.
ENV MALLOC_MMAP_THRESHOLD_=65536
HEALTHCHECK --interval=5m --timeout=1m --start-period=2m CMD ["botus", "health"]
CMD ["run"]
