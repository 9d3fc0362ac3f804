# worker: the shared prefix, and the files of the worker.
FROM python:3.12-slim
RUN apt-get update && apt-get install -y --no-install-recommends libpq5 && rm -rf /var/lib/apt/lists/*
WORKDIR /srv
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY common common
COPY worker worker
CMD ["python3", "-m", "worker.jobs"]
