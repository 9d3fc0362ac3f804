# deps-first: what changes rarely stands above what changes often.
#
# The install sees requirements.txt and nothing else of the project, so it runs again when that file changes, and
# only then. The source comes last: a commit to it costs one COPY. ARG stands where it is used.
FROM python:3.10
RUN apt-get update && apt-get install -y --no-install-recommends curl libpq5 && rm -rf /var/lib/apt/lists/*
WORKDIR /srv
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
ARG APP_ENV=production
ENV APP_ENV=$APP_ENV
EXPOSE 8000
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "app.main:app"]
