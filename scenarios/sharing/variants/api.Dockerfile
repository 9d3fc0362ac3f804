# api: the prefix that all three share, and its own files.
#
# Down to `COPY common common` the text is that of the other two, over the same files: it is built once, stored once and
# pushed once, whichever image comes first. One blank more in a RUN would end it.
FROM python:3.12-slim
RUN apt-get update && apt-get install -y --no-install-recommends libpq5 && rm -rf /var/lib/apt/lists/*
WORKDIR /srv
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY common common
COPY api api
EXPOSE 8000
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "api.app:app"]
