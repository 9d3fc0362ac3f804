# syntax=docker/dockerfile:1
# cache-mount: deps-first, and pip keeps what it downloaded.
#
# The mount is a directory of the builder, not of the image: it is no part of the cache key and of no layer. When
# requirements.txt changes the RUN runs again, but finds the packages of last time there. A throw-away CI runner
# starts with an empty mount and gains nothing.
FROM python:3.10
RUN apt-get update && apt-get install -y --no-install-recommends curl libpq5 && rm -rf /var/lib/apt/lists/*
WORKDIR /srv
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt
COPY . .
ARG APP_ENV=production
ENV APP_ENV=$APP_ENV
EXPOSE 8000
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "app.main:app"]
