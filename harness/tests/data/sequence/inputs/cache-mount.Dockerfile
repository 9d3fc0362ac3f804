# cache-mount

FROM python:3.10
WORKDIR /app
RUN apt-get update && apt-get install -y --no-install-recommends build-essential libpq-dev
COPY requirements.txt ./
RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt
COPY . .
RUN python -m compileall -q app
CMD ["gunicorn", "-b", "0.0.0.0:8000", "app.main:app"]
